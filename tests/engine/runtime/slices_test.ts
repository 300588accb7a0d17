import { assertEquals, assertRejects } from "@std/assert";
import { AsyncDataStream } from "../../../src/engine/api/async_data_stream.ts";
import type { DataStream } from "../../../src/engine/api/data_stream.ts";
import type { StreamExecutionEnvironment } from "../../../src/engine/api/environment.ts";
import { OperatorError } from "../../../src/engine/errors.ts";
import { type Collector, ProcessWindowFunction, type WindowContext } from "../../../src/engine/functions/functions.ts";
import { Slices } from "../../../src/engine/runtime/slices.ts";
import { Journal } from "../../../src/engine/state/journal.ts";
import { JobHarness, type JobHarnessOptions } from "../../../src/engine/testing/job_harness.ts";
import { ManualClock } from "../../../src/engine/testing/manual_clock.ts";
import { TestSink } from "../../../src/engine/testing/test_sink.ts";
import { TestSource, watermarksByHand } from "../../../src/engine/testing/test_source.ts";
import { WatermarkStrategy } from "../../../src/engine/time/watermark_strategy.ts";
import { EventTimeSessionWindows } from "../../../src/engine/windows/session_windows.ts";
import { TumblingEventTimeWindows } from "../../../src/engine/windows/tumbling_event_time_windows.ts";
import { HastyClock } from "./hasty_clock.ts";

Deno.test("Slices does what was put off in its order, and what is put off meanwhile in the place of what put it off", () => {
  const slices = new Slices(new HastyClock(), new Journal());
  const done: string[] = [];
  const pausing = (name: string, times: number): void => {
    done.push(name);
    if (times === 0) return;
    slices.putOff(() => pausing(name, times - 1));
    slices.putOff(() => void done.push(`behind ${name}`));
  };
  pausing("a", 1);
  slices.putOff(() => pausing("b", 1));
  slices.putOff(() => void done.push("c"));
  let turns = 0;
  for (; slices.isPaused; turns++) slices.goOn();

  assertEquals(done, ["a", "a", "behind a", "b", "b", "behind b", "c"]);
  assertEquals(turns, 2);
});

Deno.test("Slices lets nothing pause while a record is at work, which may be undone, nor before its loop begins slices", () => {
  const journal = new Journal();
  const slices = new Slices(new HastyClock(), journal);
  const pauses = () => Array.from({ length: 64 }, () => slices.mustPause()).filter((must) => must).length;
  assertEquals(pauses(), 0);
  slices.begin();
  assertEquals(pauses(), 2);
  journal.begin();
  assertEquals(pauses(), 0);
  journal.end();
  assertEquals(pauses(), 2);
});

// ------------------------------------------------------------------------------------------------------------- a job

const KEYS = 1_000;
const NUMBERS = Array.from({ length: KEYS }, (_, key) => [key, key % 7] as const);

/** Calls back with each window that fires. */
class Noticing extends ProcessWindowFunction<number, string, number> {
  readonly #onWindow: (key: number) => void;

  constructor(onWindow: (key: number) => void) {
    super();
    this.#onWindow = onWindow;
  }

  override process(key: number, context: WindowContext, numbers: Iterable<number>, out: Collector<string>): void {
    this.#onWindow(key);
    out.collect(`${key}: ${[...numbers]} until ${context.window().endMs} at ${context.currentWatermark()}`);
  }
}

/** A job with windows in two branches that meet again, and the results of all windows that fire at once. */
function newJob(options: JobHarnessOptions & { readonly onWindow?: (key: number) => void }) {
  const { onWindow = () => {}, ...settings } = options;
  const source = new TestSource<number>("numbers");
  const sink = new TestSink<string>("results");
  const describe = (env: StreamExecutionEnvironment) => {
    const numbers = env.fromSource(source, watermarksByHand(), "numbers").keyBy((key) => key);
    const tumbling = numbers.window(TumblingEventTimeWindows.of(10)).process(new Noticing(onWindow));
    const sessions = numbers.window(EventTimeSessionWindows.withGap(5)).reduce((a) => a).map((key) => `session ${key}`);
    tumbling.union(sessions).keyBy((text) => text.length).window(TumblingEventTimeWindows.of(20))
      .process(new Noticing(() => {}) as unknown as ProcessWindowFunction<string, string, number>)
      .union(tumbling, sessions).sinkTo(sink);
  };
  return { source, sink, harness: new JobHarness(describe, { idleMs: 0, ...settings }) };
}

/** All results in order, and how often the event loop had its turn while windows fired. */
async function firedBy(clock: ManualClock): Promise<{ readonly values: readonly string[]; readonly turns: number }> {
  let turns = 0;
  let first: number | undefined;
  let last = 0;
  const timer = setInterval(() => {}, 1_000);
  const turn = () => {
    turns++;
    immediate = setImmediate(turn);
  };
  let immediate = setImmediate(turn);
  const { source, sink, harness } = newJob({
    clock,
    onWindow: () => {
      first ??= turns;
      last = turns;
    },
  });
  await harness.start();
  await source.pushAll(NUMBERS);
  await source.watermark(100);
  await harness.finish();
  clearImmediate(immediate);
  clearInterval(timer);
  return { values: sink.values, turns: last - first! };
}

Deno.test("Windows that fire at once fire in slices, and emit the same in the same order", async () => {
  const atOnce = await firedBy(new ManualClock());
  const inSlices = await firedBy(new HastyClock());

  assertEquals(atOnce.values.length > 2 * KEYS, true);
  assertEquals(inSlices.values, atOnce.values);
  assertEquals([atOnce.turns, inSlices.turns > 20], [0, true]);
});

Deno.test("Nothing is committed in the middle of windows that fire: a crash there leaves the commit before, and all fires again", async () => {
  const { values } = await firedBy(new ManualClock());
  let left = 500;
  const { source, sink, harness } = newJob({
    clock: new HastyClock(),
    commitIntervalMs: 1,
    onWindow: () => {
      if (--left === 0) throw new Error("died");
    },
  });
  await harness.start();
  await source.pushAll(NUMBERS);
  await harness.commit();
  await assertRejects(() => source.watermark(100), OperatorError, "died");
  assertEquals(sink.values, []);

  await harness.restart();
  await source.watermark(100);
  await harness.finish();
  assertEquals(sink.values, values);
});

Deno.test("A job that is stopped in the middle of windows that fire fires them all, and none again", async () => {
  const { values } = await firedBy(new ManualClock());
  let left = 500;
  let stopped: Promise<unknown> | undefined;
  const { source, sink, harness } = newJob({
    clock: new HastyClock(),
    onWindow: () => {
      if (--left === 0) stopped = harness.stop();
    },
  });
  await harness.start();
  await source.pushAll(NUMBERS);
  await source.watermark(100).catch(() => {});
  await stopped;
  assertEquals([harness.status, left < 0], ["stopped", true]);
  const before = sink.values.length;
  await harness.start();
  await harness.finish();
  assertEquals(before > KEYS, true);
  assertEquals(sink.values, values);
});

/** Asserts that windows fire before the next number comes: a thousand numbers, one that closes their windows, one more. */
async function assertWindowsComeFirst(describe: (numbers: DataStream<number>) => DataStream<number>): Promise<void> {
  const source = new TestSource<number>("numbers");
  const sink = new TestSink<string>("results");
  const harness = new JobHarness((env) => {
    const numbers = describe(env.fromSource(source, WatermarkStrategy.forMonotonousTimestamps(), "numbers"));
    numbers.keyBy((key) => key).window(TumblingEventTimeWindows.of(10)).reduce((a) => a)
      .map((key) => `window of ${key}`).union(numbers.map((key) => `record ${key}`)).sinkTo(sink);
  }, { idleMs: 0, clock: new HastyClock() });
  await source.pushAll([...NUMBERS, [5_000, 50], [5_001, 51]]);
  await harness.start();

  assertEquals(sink.values.length, 2 * KEYS + 2);
  assertEquals(sink.values.slice(KEYS - 1, KEYS + 2), ["record 999", "record 5000", "window of 0"]);
  assertEquals(sink.values.at(-1), "record 5001");
  await harness.finish();
}

Deno.test("No record comes before the windows have fired that the one before it has closed", async () => {
  await assertWindowsComeFirst((numbers) => numbers);
});

Deno.test("No answer that was awaited comes before the windows have fired that the event time before it has closed", async () => {
  const ask = { asyncInvoke: (key: number) => Promise.resolve([key]) };
  const options = { timeoutMs: 1e9, capacity: 2 * KEYS };
  await assertWindowsComeFirst((numbers) => AsyncDataStream.orderedWait(numbers, ask, options));
});
