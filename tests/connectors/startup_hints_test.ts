import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { StartupHinter, type StartupHints } from "../../src/connectors/startup_hints.ts";
import { UnknownTopicError } from "../../src/connectors/broker_errors.ts";
import type { Clock } from "../../src/engine/clock.ts";
import { type Logger, SILENT } from "../../src/engine/logger.ts";
import type { Sink, SinkContext } from "../../src/engine/sink.ts";
import type { Json, Source, SourceContext, SourceReader } from "../../src/engine/source.ts";
import { at, ScriptSource } from "../engine/script_source.ts";
import { newSequence } from "../engine/sequence.ts";

const HINTS: StartupHints = {
  whenMissing: "make it",
  whenIdle: "fill it",
  whenBehindAll: "fill it or begin earlier",
};

/** A clock that notes how long others sleep, and wakes them on request. */
class SleepersClock implements Clock {
  readonly sleeps: number[] = [];
  /** Sleeps that were aborted. */
  aborted = 0;
  #sleepers: (() => void)[] = [];
  now = () => 0;
  monotonicMs = () => 0;
  sleep = (ms: number, signal?: AbortSignal): Promise<void> => {
    this.sleeps.push(ms);
    return new Promise((resolve) => {
      this.#sleepers.push(resolve);
      signal?.addEventListener("abort", () => {
        this.aborted++;
        resolve();
      });
    });
  };

  async wake(): Promise<void> {
    for (const wake of this.#sleepers) wake();
    this.#sleepers = [];
    await Promise.resolve();
  }
}

/** Watched sources of one job, and what was logged. */
class Rig {
  readonly clock = new SleepersClock();
  readonly logged: string[] = [];
  readonly readers: SourceReader<string>[] = [];
  readonly #hinter = new StartupHinter("my_job", HINTS);

  async start(sources: readonly Source<string>[], context: Partial<SourceContext> = {}): Promise<void> {
    const logger: Logger = { ...SILENT, info: (message) => void this.logged.push(message) };
    this.readers.length = 0;
    for (const source of sources) {
      this.readers.push(
        await this.#hinter.source(source).open({
          restored: undefined,
          restoredBounds: undefined,
          from: "latest",
          bounded: false,
          clock: this.clock,
          logger,
          sequence: newSequence(),
          wake: () => {},
          ...context,
        }),
      );
    }
    for (const reader of this.readers) reader.start();
  }

  async close(): Promise<void> {
    for (const reader of this.readers) await reader.close();
  }
}

/** A topic of two partitions with `count` records. */
function topic(name: string, count = 0): ScriptSource<string> {
  const records = Array.from({ length: count }, (_, i) => at(i, `r${i}`));
  return new ScriptSource({ [`${name}-0`]: records, [`${name}-1`]: [] }, [name]);
}

Deno.test("a source that is watched is described as before: what it reads, and where it begins", () => {
  const source: Source<string> = {
    description: 'topic "a"',
    topics: ["a"],
    from: 5_000,
    open: () => Promise.reject(new Error("not opened")),
  };
  const { description, topics, from } = new StartupHinter("my_job", HINTS).source(source);
  assertEquals({ description, topics, from }, { description: 'topic "a"', topics: ["a"], from: 5_000 });
});

Deno.test("StartupHinter logs after three seconds that a topic is empty, and what to do", async () => {
  const rig = new Rig();
  await rig.start([topic("skyone")]);
  assertEquals([rig.clock.sleeps, rig.logged], [[3000], []]);
  await rig.clock.wake();
  assertEquals(rig.logged, ['my_job: nothing in topic "skyone" yet: fill it']);
});

Deno.test("StartupHinter hints at a first start behind all records how to read them, at a later start how to get more", async () => {
  const first = new Rig();
  await first.start([topic("skyone", 2)]);
  await first.clock.wake();
  assertEquals(first.logged, ['my_job: nothing new in topic "skyone": fill it or begin earlier']);

  const later = new Rig();
  await later.start([topic("skyone", 2)], { restored: new Map<string, Json>([["skyone-0", 2], ["skyone-1", 0]]) });
  await later.clock.wake();
  assertEquals(later.logged, ['my_job: nothing new in topic "skyone": fill it']);
});

Deno.test("StartupHinter logs once, for all topics of a job together", async () => {
  const rig = new Rig();
  await rig.start([topic("skyone"), topic("sunset")]);
  assertEquals(rig.clock.sleeps, [3000]);
  await rig.clock.wake();
  assertEquals(rig.logged, ['my_job: nothing in topics "skyone" and "sunset" yet: fill it']);

  await rig.close();
  await rig.start([topic("skyone"), topic("sunset")]);
  await rig.clock.wake();
  assertEquals(rig.logged.length, 1);
});

Deno.test("StartupHinter logs nothing if a record was read from one topic, or waits there", async () => {
  const taken = new Rig();
  await taken.start([topic("skyone"), topic("sunset", 1)], { from: "earliest" });
  taken.readers[1]!.splits[0]!.take();
  await taken.clock.wake();

  const slow = new Rig();
  await slow.start([topic("skyone", 1)], { from: "earliest" });
  await slow.clock.wake();
  assertEquals([taken.logged, slow.logged], [[], []]);
});

Deno.test("StartupHinter judges a later attempt of the job by itself", async () => {
  const rig = new Rig();
  await rig.start([topic("skyone", 1)], { from: "earliest" });
  rig.readers[0]!.splits[0]!.take();
  await rig.close();
  await rig.start([topic("skyone", 1)], { restored: new Map<string, Json>([["skyone-0", 1], ["skyone-1", 0]]) });
  await rig.clock.wake();
  assertEquals(rig.logged, ['my_job: nothing new in topic "skyone": fill it']);
});

Deno.test("StartupHinter stops waiting when the job ends", async () => {
  const rig = new Rig();
  await rig.start([topic("skyone"), topic("sunset")]);
  await rig.close();
  assertEquals(rig.clock.aborted, 1);
  await rig.clock.wake();
  assertEquals(rig.logged, []);
});

Deno.test("StartupHinter logs at the end of a bounded run without records, not after one with records", async () => {
  const nothing = new Rig();
  await nothing.start([topic("skyone", 3)], { bounded: true });
  await nothing.close();
  assertEquals(nothing.logged, ['my_job: nothing new in topic "skyone": fill it or begin earlier']);

  const something = new Rig();
  await something.start([topic("skyone", 1)], { bounded: true, from: "earliest" });
  something.readers[0]!.splits[0]!.take();
  await something.close();
  assertEquals(something.logged, []);
});

Deno.test("StartupHinter adds to the error of a missing topic what to do, and leaves other errors alone", async () => {
  const missing = () => Promise.reject(new UnknownTopicError(["skyone"], "no such topic"));
  const hinter = new StartupHinter("my_job", HINTS);
  const source: Source<string> = { description: "", open: missing };
  const sink: Sink<string> = { description: "", exactlyOnceWith: () => true, open: missing };
  const sentence = 'Cannot open topic "skyone": it does not exist; make it';
  for (const open of [() => hinter.source(source).open({} as SourceContext), () => openSink(hinter.sink(sink))]) {
    const error = await assertRejects(open, UnknownTopicError);
    assertEquals([error.message, error.topics], [sentence, ["skyone"]]);
  }

  const other = new Error("other");
  const found = await assertRejects(() => openSink(hinter.sink({ ...sink, open: () => Promise.reject(other) })));
  assertStrictEquals(found, other);
});

function openSink(sink: Sink<string>): Promise<unknown> {
  return sink.open({} as SinkContext);
}

Deno.test("StartupHinter keeps the descriptions of a source and a sink", () => {
  const hinter = new StartupHinter("my_job", HINTS);
  const source = hinter.source(topic("skyone"));
  assertEquals([source.description, source.topics], ["script skyone-0, skyone-1", ["skyone"]]);
  const sink = hinter.sink({
    description: "here",
    exactlyOnceWith: (store) => store === undefined,
    open: openSinkNever,
  });
  assertEquals([sink.description, sink.exactlyOnceWith(undefined)], ["here", true]);
});

function openSinkNever(): Promise<never> {
  return Promise.reject(new Error("not opened here"));
}
