/** Windows and timers that go by the clock: workers fire them when the runner's clock has come to them, as a job does at home. */
import { assert, assertEquals } from "@std/assert";
import {
  type Collector,
  type DataStream,
  type KeyedProcessContext,
  KeyedProcessFunction,
  type KeyedRuntimeContext,
  type OnTimerContext,
  type Sink,
  SlidingProcessingTimeWindows,
  type Source,
  type StreamExecutionEnvironment,
  TumblingProcessingTimeWindows,
  type ValueState,
  ValueStateDescriptor,
  WatermarkStrategy,
} from "../../src/engine/mod.ts";
import { ContinuousProcessingTimeTrigger, ProcessingTimeSessionWindows } from "../../src/engine/entries/windows.ts";
import { JobHarness, ManualClock, TestSink, TestSource } from "../../src/engine/testing/mod.ts";
import { type Reading, READINGS, readings, topic } from "./stage_jobs.ts";
import { type DefineJob, type FedRecord, type RigOptions, StageRig } from "./stage_rig.ts";

/** Emits the sum of a key when two seconds have passed without a record, and forgets it. */
class SumUntilSilent extends KeyedProcessFunction<string, Reading, string> {
  #sum!: ValueState<{ readonly level: number; readonly untilMs: number }>;

  override open(context: KeyedRuntimeContext): void {
    this.#sum = context.getState(new ValueStateDescriptor<{ readonly level: number; readonly untilMs: number }>("sum"));
  }

  override processElement({ level }: Reading, context: KeyedProcessContext<string>): void {
    const timers = context.timerService();
    const { level: before = 0, untilMs } = this.#sum.value() ?? {};
    if (untilMs !== undefined) timers.deleteProcessingTimeTimer(untilMs);
    const nextMs = timers.currentProcessingTime() + 2_000;
    timers.registerProcessingTimeTimer(nextMs);
    this.#sum.update({ level: before + level, untilMs: nextMs });
  }

  override onTimer(timerMs: number, context: OnTimerContext<string>, out: Collector<string>): void {
    out.collect(`${context.currentKey()} ${this.#sum.value()!.level} at ${timerMs}, ${context.timeDomain()}`);
    this.#sum.clear();
  }
}

type Describe = (readings: DataStream<Reading>) => DataStream<string>;

const bySensor = ({ sensor }: Reading) => sensor;
const add = (a: Reading, b: Reading) => ({ sensor: a.sensor, level: a.level + b.level });
const show = ({ sensor, level }: Reading) => `${sensor} ${level}`;

const JOBS: Readonly<Record<string, Describe>> = {
  "windows of three seconds": (stream) =>
    stream.keyBy(bySensor).window(TumblingProcessingTimeWindows.of(3_000)).reduce(add).map(show),
  "windows that slide": (stream) =>
    stream.keyBy(bySensor).window(SlidingProcessingTimeWindows.of(4_000, 2_000)).reduce(add).map(show),
  "sessions": (stream) =>
    stream.keyBy(bySensor).window(ProcessingTimeSessionWindows.withGap(2_500)).reduce(add).map(show),
  "windows that fire each second": (stream) =>
    stream.keyBy(bySensor).window(TumblingProcessingTimeWindows.of(5_000))
      .trigger(ContinuousProcessingTimeTrigger.of(1_000)).reduce(add).map(show),
  "windows of all keys": (stream) =>
    stream.windowAll(TumblingProcessingTimeWindows.of(2_000)).reduce((a, b) => ({ ...add(a, b), sensor: "all" }))
      .map(show),
  "timers": (stream) => stream.keyBy(bySensor).process(new SumUntilSilent()),
};

/** A few records, and how long the clock goes on behind them. */
const STEPS = Array.from({ length: 40 }, (_, i) => ({
  records: readings.slice(i * 3, i * 3 + (i * i) % 4),
  ms: [100, 300, 700, 200, 1_100, 100, 2_600][i % 7]!,
}));
const BEGIN_MS = 10_000;
const RESULTS = topic<string>("out");

function describe(env: StreamExecutionEnvironment, job: Describe, source: Source<Reading>, sink: Sink<string>): void {
  job(env.fromSource(source, WatermarkStrategy.noWatermarks(), "readings")).sinkTo(sink).name("out");
}

async function atHome(job: Describe): Promise<string[]> {
  const source = new TestSource<Reading>("readings");
  const sink = new TestSink<string>("out");
  const clock = new ManualClock(BEGIN_MS);
  await using harness = await new JobHarness((env) => describe(env, job, source, sink), { clock }).start();
  for (const { records, ms } of STEPS) {
    for (const { value, timestampMs } of records) {
      await source.push(JSON.parse(new TextDecoder().decode(value as Uint8Array)), timestampMs);
    }
    await harness.advanceClock(ms);
  }
  return sink.values;
}

async function throughStages(job: Describe, lives: readonly RigOptions[]): Promise<string[]> {
  const clock = new ManualClock(BEGIN_MS);
  const define: DefineJob = (env, broker) => describe(env, job, broker.source(READINGS), broker.sink(RESULTS));
  const stages = await StageRig.open(define, { clock }, lives[0]!);
  for (const [i, { records, ms }] of STEPS.entries()) {
    if (i % 10 === 9) await stages.restart(lives[(i + 1) / 10 % lives.length]!);
    await stages.feed(records as readonly FedRecord[]);
    const endMs = clock.nowMs + ms;
    while (stages.nextTimerMs <= endMs) {
      const nowMs = clock.nowMs = Math.max(clock.nowMs, stages.nextTimerMs);
      await stages.processingTime(nowMs);
      assert(stages.nextTimerMs > nowMs, `a timer of ${nowMs} is still due`);
    }
    clock.nowMs = endMs;
  }
  return stages.results.map(({ value }) => JSON.parse(value!) as string);
}

for (const [name, job] of Object.entries(JOBS)) {
  Deno.test(`${name} go by the clock in workers as at home, over restarts and rescaling too`, async () => {
    const expected = (await atHome(job)).sort();
    assert(expected.length > 10, `only ${expected.length} results`);
    for (const batch of [1, 7, 1_000]) {
      assertEquals((await throughStages(job, [{ parallelism: 1, batch }])).sort(), expected, `batch ${batch}`);
    }
    const lives = [{ parallelism: 2, batch: 7 }, { parallelism: 3, batch: 1 }, { parallelism: 1, batch: 1_000 }];
    assertEquals((await throughStages(job, lives)).sort(), expected);
  });
}
