import { assertEquals } from "@std/assert";
import { AsyncDataStream } from "../../../src/engine/api/async_data_stream.ts";
import type { DataStream } from "../../../src/engine/api/data_stream.ts";
import type { EnvironmentOptions } from "../../../src/engine/runtime/job_settings.ts";
import type { Sink, SinkWriter } from "../../../src/engine/sink.ts";
import { DataGeneratorSource } from "../../../src/engine/sources/data_generator_source.ts";
import { nextTurn } from "../../../src/engine/testing/watched_clock.ts";
import { WatermarkStrategy } from "../../../src/engine/time/watermark_strategy.ts";
import { AsyncCalls } from "../async_calls.ts";
import { SteppedJob } from "../stepped_job.ts";
import { at, type Entry, ScriptSource } from "../script_source.ts";

/** Time passes second by second, as it does where nobody blocks the thread. */
function pass(job: SteppedJob, seconds: number): () => void {
  return () => {
    for (let second = 0; second < seconds; second++) job.clock.advance(1_000);
  };
}

/** A job of texts from `source` into "out", by way of `between`. */
function textJob(
  source: ScriptSource<string>,
  between: (texts: DataStream<string>) => DataStream<string> = (texts) => texts,
  options: EnvironmentOptions = {},
): SteppedJob {
  return new SteppedJob((env, { store }) => {
    const texts = env.fromSource(source, WatermarkStrategy.noWatermarks<string>(), "texts");
    between(texts).sinkTo(store.sink("out")).name("out");
  }, options);
}

/** What the watchdog of a job said. */
function warningsOf(job: SteppedJob): string[] {
  return job.logged.filter((line) => /no progress|goes on after|stood still/.test(line));
}

// ------------------------------------------------------------------------------------------------- the loop goes round

Deno.test("Watchdog warns after a minute of records that do not come, again each minute, and logs when the job goes on", async () => {
  const source = new ScriptSource<string>({ "s-0": [], "s-1": [at(5, "b")] });
  source.announce("s-0", at(1, "a"), at(2, "a"));
  const job = textJob(source);
  await job.execute(
    {},
    pass(job, 59),
    () => assertEquals(warningsOf(job), []),
    pass(job, 71),
    () => void source.deliver(Number.POSITIVE_INFINITY, { partition: 0 }),
    pass(job, 200),
  );

  const held = 'with 3 records to read: waits for source "texts" to fetch s-0';
  assertEquals(warningsOf(job), [
    `warn: no progress for 60 s, ${held}`,
    `warn: no progress for 120 s, ${held}`,
    "info: goes on after 130 s",
  ]);
});

Deno.test("Watchdog counts partitions that do not come when there are many", async () => {
  const source = new ScriptSource<string>(Object.fromEntries(Array.from({ length: 5 }, (_, i) => [`s-${i}`, []])));
  for (let i = 0; i < 5; i++) source.announce(`s-${i}`, at(i, "a"));
  const job = textJob(source);
  await job.execute({}, pass(job, 62));

  assertEquals(warningsOf(job), [
    'warn: no progress for 60 s, with 5 records to read: waits for source "texts" to fetch s-0, s-1, s-2 and 2 more',
  ]);
});

Deno.test("Watchdog names the operator whose results do not come", async () => {
  const calls = new AsyncCalls<string, string>();
  const source = new ScriptSource({ "s-0": [at(1, "a"), at(2, "b"), at(3, "c")] });
  const job = textJob(
    source,
    (texts) => AsyncDataStream.orderedWait(texts, calls.function, { timeoutMs: 600_000, capacity: 2 }).name("lookup"),
  );
  await job.execute(
    {},
    pass(job, 62),
    () => calls.of("a").answer("A"),
    pass(job, 2),
    // What went on a minute ago is no comfort now.
    pass(job, 60),
  );

  assertEquals(warningsOf(job), [
    'warn: no progress for 60 s, with 1 record to read: waits for 2 results of "lookup"',
    "info: goes on after 61 s",
    'warn: no progress for 60 s: waits for 2 results of "lookup"',
  ]);
});

Deno.test("Watchdog is not deceived by what the clock makes the job write and commit", async () => {
  const source = new ScriptSource({ "s-0": [at(1, "a")] });
  const job = textJob(source, (texts) =>
    texts.keyBy((text) => text).process<string>({
      processElement: (_text, context) =>
        context.timerService().registerProcessingTimeTimer(context.timerService().currentProcessingTime() + 5_000),
      onTimer: (timeMs, context, out) => {
        out.collect("still here");
        context.timerService().registerProcessingTimeTimer(timeMs + 5_000);
      },
    }));
  await job.execute({}, () => source.announce("s-0", at(2, "b")), ...Array.from({ length: 70 }, () => pass(job, 1)));

  assertEquals([job.output.length > 5, warningsOf(job)], [true, [
    'warn: no progress for 60 s, with 1 record to read: waits for source "texts" to fetch s-0',
  ]]);
});

// --------------------------------------------------------------------------------------------------- the loop itself waits

interface Gate {
  readonly closed: Promise<undefined>;
  open(): void;
}

function newGate(): Gate {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  return { closed: promise, open: () => resolve(undefined) };
}

/** What the watchdog says of a job that hangs at the gate for 75 s, and then has some more seconds. */
async function warningsAtGate(job: SteppedJob, gate: Gate, options: EnvironmentOptions = {}): Promise<string[]> {
  const done = job.execute(options, pass(job, 2));
  for (let turn = 0; turn < 10; turn++) await nextTurn();
  pass(job, 76)();
  assertEquals(job.clock.sleeps.filter((ms) => ms > 0), [], "the job does not hang");
  gate.open();
  await done;
  return warningsOf(job);
}

function heldBy(who: string, work = ""): string[] {
  return [`warn: no progress for 60 s${work}: waits for ${who}`, "info: goes on after 75 s"];
}

/** Makes a method of the store's sessions wait at the gate, from its `nth` call on. */
function block(job: SteppedJob, method: "restore" | "flush" | "commit" | "close", gate: Gate, nth = 1): void {
  const { store } = job;
  const openJob = store.openJob.bind(store);
  store.openJob = async (request) => {
    const session = await openJob(request);
    const work = session[method].bind(session) as (...args: unknown[]) => Promise<never>;
    let calls = 0;
    session[method] = async (...args: unknown[]) => {
      if (++calls >= nth) await gate.closed;
      return await work(...args);
    };
    return session;
  };
}

Deno.test("Watchdog warns that a source does not say whether there are records", async () => {
  const gate = newGate();
  const source = new ScriptSource<string>({ "s-0": [] });
  source.onPoll = () => gate.closed;
  const warnings = await warningsAtGate(textJob(source), gate);

  assertEquals(warnings, heldBy('source "texts" to look for records'));
});

Deno.test("Watchdog warns that the store does not commit", async () => {
  const gate = newGate();
  const source = new ScriptSource({ "s-0": [at(1, "a")] });
  const job = textJob(source);
  block(job, "commit", gate, 2);

  assertEquals(await warningsAtGate(job, gate), heldBy("the store to commit", ", with 1 record to commit"));
});

Deno.test("Watchdog names who holds a job that was asked to stop, after 5 s and once", async () => {
  const gate = newGate();
  const stop = new AbortController();
  const job = textJob(new ScriptSource({ "s-0": [at(1, "a")] }));
  block(job, "commit", gate, 2);
  const stopping = () => job.logged.filter((line) => line.includes("asked to stop"));
  const done = job.execute({ signal: stop.signal });
  for (let turn = 0; turn < 10; turn++) await nextTurn();
  pass(job, 3)();
  stop.abort(new Error("Stopped by the test"));
  pass(job, 2)();
  assertEquals(stopping(), []);
  pass(job, 9)();
  assertEquals(stopping(), [
    "warn: asked to stop, but waits for the store to commit; what is not committed is done again at the next start",
  ]);
  gate.open();
  await done;
});

Deno.test("Watchdog warns that the store does not take the job back", async () => {
  const gate = newGate();
  const job = textJob(new ScriptSource({ "s-0": [at(1, "a")] }));
  block(job, "close", gate);
  assertEquals(
    await warningsAtGate(job, gate, { bounded: true }),
    heldBy("the store to take the job back").slice(0, 1),
  );
});

Deno.test("Watchdog warns that the store does not take output", async () => {
  const gate = newGate();
  const source = new ScriptSource({ "s-0": [at(1, "a")] });
  source.announce("s-0", at(2, "a"));
  const job = textJob(source);
  block(job, "flush", gate);
  const warnings = await warningsAtGate(job, gate, { delivery: "at-least-once" });

  assertEquals(
    warnings.slice(0, 1),
    heldBy("the store to take output", ", with 1 record to read and 1 record to commit").slice(0, 1),
  );
});

Deno.test("Watchdog warns that the store, by its name, does not say whether this instance may work", async () => {
  const gate = newGate();
  const job = textJob(new ScriptSource<string>({ "s-0": [] }));
  job.store.description = "Kafka at localhost:9092";
  job.store.onOpen = () => gate.closed;

  assertEquals(await warningsAtGate(job, gate), heldBy("Kafka at localhost:9092 to open the job").slice(0, 1));
});

Deno.test("Watchdog warns that the store does not give the last commit", async () => {
  const gate = newGate();
  const job = textJob(new ScriptSource<string>({ "s-0": [] }));
  block(job, "restore", gate);

  assertEquals(await warningsAtGate(job, gate), heldBy("the store to give the last commit"));
});

/** A job with a sink of its own, which waits at the gate in one of its methods. */
function sinkJob(
  at: "open" | "flush" | "prepareCommit" | "committed" | "close",
  gate: Gate,
  entries: readonly Entry<string>[],
): SteppedJob {
  const sink: Sink<string> = {
    description: "a slow sink",
    exactlyOnceWith: () => false,
    open: async () => {
      if (at === "open") await gate.closed;
      let written = false;
      const writer: SinkWriter<string> = {
        write() {
          written = true;
          job.clock.advance(1); // so that a commit is due
        },
      };
      if (at === "close") writer.close = () => gate.closed;
      else if (at !== "open") writer[at] = () => written ? gate.closed : undefined;
      return writer;
    },
  };
  const job = new SteppedJob((env) => {
    env.fromSource(new ScriptSource({ "s-0": entries }), WatermarkStrategy.noWatermarks<string>(), "texts")
      .sinkTo(sink).name("slow");
  }, { commitIntervalMs: 1 });
  return job;
}

Deno.test("Watchdog names the sink that does not write, take part in a commit, open or close", async () => {
  const waits = [["flush", "write"], ["prepareCommit", "prepare the commit"], ["committed", "take note of the commit"]];
  for (const [place, what] of waits as ["flush" | "prepareCommit" | "committed", string][]) {
    const gate = newGate();
    const job = sinkJob(place, gate, [at(1, "a")]);
    assertEquals(await warningsAtGate(job, gate), heldBy(`sink "slow" to ${what}`));
  }
  const open = newGate();
  assertEquals(await warningsAtGate(sinkJob("open", open, []), open), heldBy('"slow" to open'));
  const close = newGate();
  const warnings = await warningsAtGate(sinkJob("close", close, []), close, { bounded: true });
  // Then all is over.
  assertEquals(warnings, heldBy("sources, sinks and functions to close").slice(0, 1));
});

Deno.test("Watchdog names the source that does not open", async () => {
  const gate = newGate();
  const source = new ScriptSource<string>({ "s-0": [] });
  const open = source.open.bind(source);
  source.open = async (context) => {
    await gate.closed;
    return await open(context);
  };

  assertEquals(await warningsAtGate(textJob(source), gate), heldBy('"texts" to open'));
});

// ------------------------------------------------------------------------------------------------------ a blocked thread

Deno.test("Watchdog warns afterwards that a function blocked the thread", async () => {
  const source = new ScriptSource({ "s-0": [at(1, "a"), at(2, "slow"), at(3, "b")] });
  const job: SteppedJob = textJob(source, (texts) =>
    texts.map((text) => {
      if (text === "slow") job.clock.advance(14_000);
      return text;
    }));
  await job.execute({ sessionTimeoutMs: 10_000 }, pass(job, 10));

  assertEquals(warningsOf(job), [
    "warn: the thread stood still for 14 s while taking records (2 records went in): a function blocked it, " +
    "or the process was stopped; after 10 s without a sign of life another instance takes over",
  ]);
});

Deno.test("Watchdog names the operator whose timers or results blocked the thread", async () => {
  const source = new ScriptSource({ "s-0": [at(1, "a")] });
  const job: SteppedJob = textJob(source, (texts) =>
    AsyncDataStream.orderedWait(
      texts.keyBy((text) => text).process<string>({
        processElement: (_text, context) => context.timerService().registerProcessingTimeTimer(1_001_000),
        onTimer: (_timeMs, _context, out) => {
          job.clock.advance(6_000);
          out.collect("fired");
        },
      }).name("alarms"),
      (text) => {
        job.clock.advance(7_000);
        return Promise.resolve([text]);
      },
      { timeoutMs: 60_000 },
    ).name("lookup"));
  await job.execute({}, pass(job, 1), pass(job, 1));

  assertEquals(warningsOf(job).map((line) => line.split(":")[1]), [
    ' the thread stood still for 6 s while firing timers of "alarms"',
    ' the thread stood still for 7 s while emitting results of "lookup"',
  ]);
});

Deno.test("Watchdog warns that a commit blocked the thread", async () => {
  const job = textJob(new ScriptSource({ "s-0": [at(1, "a")] }));
  job.store.beforeCommit = (number) => {
    if (number === 2) job.clock.advance(8_000);
  };
  await job.execute({}, pass(job, 1));

  assertEquals(warningsOf(job).map((line) => line.split(":")[1]), [
    " the thread stood still for 8 s while waiting for the store to commit (1 record went in)",
  ]);
});

// ------------------------------------------------------------------------------------------------------------- silence

Deno.test("Watchdog leaves a job in peace that has nothing to do", async () => {
  const source = new ScriptSource({ "s-0": [at(1, "a")] });
  const job = textJob(source);
  await job.execute({}, ...Array.from({ length: 300 }, () => pass(job, 1)));

  assertEquals(warningsOf(job), []);
});

Deno.test("Watchdog leaves a source in peace whose next record is not due yet", async () => {
  const job = new SteppedJob((env, { store }) => {
    const source = new DataGeneratorSource({ generate: String, count: 10, ratePerSecond: 0.001 });
    env.fromSource(source, WatermarkStrategy.noWatermarks<string>(), "numbers").sinkTo(store.sink("out"));
  });
  await job.execute({}, ...Array.from({ length: 300 }, () => pass(job, 1)));

  assertEquals([job.output.length, warningsOf(job)], [1, []]);
});

Deno.test("Watchdog says nothing while a job is slow but gets on", async () => {
  const source = new ScriptSource<string>({ "s-0": [] });
  const job = textJob(source);
  const acts = Array.from({ length: 5 }, (_, i) => [
    () => source.announce("s-0", at(i, "a")),
    pass(job, 59),
    () => void source.deliver(Number.POSITIVE_INFINITY, { partition: 0 }),
    pass(job, 1),
  ]);
  await job.execute({}, ...acts.flat());

  assertEquals([job.output.length, warningsOf(job)], [5, []]);
});

Deno.test("Watchdog does not count time in which the process did not run, or that a set clock makes up", async () => {
  const source = new ScriptSource<string>({ "s-0": [] });
  source.announce("s-0", at(1, "a"));
  const job = textJob(source);
  await job.execute(
    {},
    pass(job, 50),
    () => job.clock.advance(3_600_000),
    () => job.clock.advance(-3_600_000),
    pass(job, 6),
  );

  assertEquals(warningsOf(job), []);
});

Deno.test("Watchdog says nothing of an instance that stands by, and nothing any more when the job is over", async () => {
  const gate = newGate();
  const source = new ScriptSource<string>({ "s-0": [] });
  source.announce("s-0", at(1, "a"));
  const job = textJob(source);
  job.store.onOpen = ({ onStandby }) => {
    onStandby("process 4711");
    return gate.closed;
  };
  await warningsAtGate(job, gate);
  pass(job, 200)();

  assertEquals(warningsOf(job), []);
});
