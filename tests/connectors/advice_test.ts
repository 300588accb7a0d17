import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { type Advice, Advisor } from "../../src/connectors/advice.ts";
import { UnknownTopicError } from "../../src/connectors/broker.ts";
import type { Clock } from "../../src/engine/clock.ts";
import { type Logger, SILENT } from "../../src/engine/logger.ts";
import type { Sink, SinkContext } from "../../src/engine/sink.ts";
import type { Json, Source, SourceContext, SourceReader } from "../../src/engine/source.ts";
import { at, ScriptSource } from "../engine/script_source.ts";
import { newSequence } from "../engine/sequence.ts";

const ADVICE: Advice = { whenMissing: "make it", whenSilent: "fill it", whenBehindAll: "fill it or begin earlier" };

/** A clock that tells what was slept for, and wakes the sleepers when it is told to. */
class SleepersClock implements Clock {
  readonly sleeps: number[] = [];
  /** Sleeps that were given up. */
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

/** Sources of one job that are advised, and what is said. */
class Rig {
  readonly clock = new SleepersClock();
  readonly said: string[] = [];
  readonly readers: SourceReader<string>[] = [];
  readonly #advisor = new Advisor("my_job", ADVICE);

  async start(sources: readonly Source<string>[], context: Partial<SourceContext> = {}): Promise<void> {
    const logger: Logger = { ...SILENT, info: (message) => void this.said.push(message) };
    this.readers.length = 0;
    for (const source of sources) {
      this.readers.push(
        await this.#advisor.source(source).open({
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

/** A topic of two partitions with so many records. */
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
  const { description, topics, from } = new Advisor("my_job", ADVICE).source(source);
  assertEquals({ description, topics, from }, { description: 'topic "a"', topics: ["a"], from: 5_000 });
});

Deno.test("Advisor says after three seconds that there is nothing in a topic, and what to do", async () => {
  const rig = new Rig();
  await rig.start([topic("skyone")]);
  assertEquals([rig.clock.sleeps, rig.said], [[3000], []]);
  await rig.clock.wake();
  assertEquals(rig.said, ['my_job: nothing in topic "skyone" yet: fill it']);
});

Deno.test("Advisor tells a first start behind all records how to have them, a later one only how to have more", async () => {
  const first = new Rig();
  await first.start([topic("skyone", 2)]);
  await first.clock.wake();
  assertEquals(first.said, ['my_job: nothing new in topic "skyone": fill it or begin earlier']);

  const later = new Rig();
  await later.start([topic("skyone", 2)], { restored: new Map<string, Json>([["skyone-0", 2], ["skyone-1", 0]]) });
  await later.clock.wake();
  assertEquals(later.said, ['my_job: nothing new in topic "skyone": fill it']);
});

Deno.test("Advisor speaks once, for all topics of a job together", async () => {
  const rig = new Rig();
  await rig.start([topic("skyone"), topic("sunset")]);
  assertEquals(rig.clock.sleeps, [3000]);
  await rig.clock.wake();
  assertEquals(rig.said, ['my_job: nothing in topics "skyone" and "sunset" yet: fill it']);

  await rig.close();
  await rig.start([topic("skyone"), topic("sunset")]);
  await rig.clock.wake();
  assertEquals(rig.said.length, 1);
});

Deno.test("Advisor says nothing if one topic has given a record, or has one to give", async () => {
  const taken = new Rig();
  await taken.start([topic("skyone"), topic("sunset", 1)], { from: "earliest" });
  taken.readers[1]!.splits[0]!.take();
  await taken.clock.wake();

  const slow = new Rig();
  await slow.start([topic("skyone", 1)], { from: "earliest" });
  await slow.clock.wake();
  assertEquals([taken.said, slow.said], [[], []]);
});

Deno.test("Advisor judges a later attempt of the job by itself", async () => {
  const rig = new Rig();
  await rig.start([topic("skyone", 1)], { from: "earliest" });
  rig.readers[0]!.splits[0]!.take();
  await rig.close();
  await rig.start([topic("skyone", 1)], { restored: new Map<string, Json>([["skyone-0", 1], ["skyone-1", 0]]) });
  await rig.clock.wake();
  assertEquals(rig.said, ['my_job: nothing new in topic "skyone": fill it']);
});

Deno.test("Advisor gives up waiting when the job ends", async () => {
  const rig = new Rig();
  await rig.start([topic("skyone"), topic("sunset")]);
  await rig.close();
  assertEquals(rig.clock.aborted, 1);
  await rig.clock.wake();
  assertEquals(rig.said, []);
});

Deno.test("Advisor speaks at the end of a bounded run of nothing, and not after one of something", async () => {
  const nothing = new Rig();
  await nothing.start([topic("skyone", 3)], { bounded: true });
  await nothing.close();
  assertEquals(nothing.said, ['my_job: nothing new in topic "skyone": fill it or begin earlier']);

  const something = new Rig();
  await something.start([topic("skyone", 1)], { bounded: true, from: "earliest" });
  something.readers[0]!.splits[0]!.take();
  await something.close();
  assertEquals(something.said, []);
});

Deno.test("Advisor names a missing topic of a source or sink with what to do, and leaves other errors alone", async () => {
  const missing = () => Promise.reject(new UnknownTopicError(["skyone"], "no such topic"));
  const advisor = new Advisor("my_job", ADVICE);
  const source: Source<string> = { description: "", open: missing };
  const sink: Sink<string> = { description: "", exactlyOnceWith: () => true, open: missing };
  const sentence = 'Cannot open topic "skyone": it does not exist; make it';
  for (const open of [() => advisor.source(source).open({} as SourceContext), () => openSink(advisor.sink(sink))]) {
    const error = await assertRejects(open, UnknownTopicError);
    assertEquals([error.message, error.topics], [sentence, ["skyone"]]);
  }

  const other = new Error("other");
  const found = await assertRejects(() => openSink(advisor.sink({ ...sink, open: () => Promise.reject(other) })));
  assertStrictEquals(found, other);
});

function openSink(sink: Sink<string>): Promise<unknown> {
  return sink.open({} as SinkContext);
}

Deno.test("Advisor hands on what a source and a sink are", () => {
  const advisor = new Advisor("my_job", ADVICE);
  const source = advisor.source(topic("skyone"));
  assertEquals([source.description, source.topics], ["script skyone-0, skyone-1", ["skyone"]]);
  const sink = advisor.sink({
    description: "here",
    exactlyOnceWith: (store) => store === undefined,
    open: openSinkNever,
  });
  assertEquals([sink.description, sink.exactlyOnceWith(undefined)], ["here", true]);
});

function openSinkNever(): Promise<never> {
  return Promise.reject(new Error("not opened here"));
}
