/** Jobs with windows of all kinds, of one stream and of two, whose records come out of order and in part too late. */
import {
  type Collector,
  CountEvictor,
  CountTrigger,
  type DataStream,
  DeltaTrigger,
  EventTimeSessionWindows,
  GlobalWindows,
  OutputTag,
  ProcessAllWindowFunction,
  ProcessWindowFunction,
  PurgingTrigger,
  ReducingStateDescriptor,
  SlidingEventTimeWindows,
  type StreamExecutionEnvironment,
  TimeEvictor,
  type TimeWindow,
  Trigger,
  type TriggerContext,
  TriggerResult,
  TumblingEventTimeWindows,
  ValueStateDescriptor,
  WatermarkStrategy,
  type WindowContext,
} from "../../src/engine/mod.ts";
import { ContinuousEventTimeTrigger, type OnMergeContext } from "../../src/engine/entries/windows.ts";
import type { JobBroker, Topic } from "../../src/connectors/mod.ts";
import {
  type Input,
  type Job,
  LIMITS,
  OUT,
  type Reading,
  reading,
  READINGS,
  readings,
  records,
  REST,
  START_MS,
} from "./stage_jobs.ts";

const LATE = new OutputTag<Reading>("late");
const LARGE = new OutputTag<Reading>("large");
const FIRINGS = new ValueStateDescriptor<number>("firings");
const ALL_FIRINGS = new ValueStateDescriptor<number>("all firings");

/** Up to seven steps back in time. */
function outOfOrder(records: readonly Input[], bySoMuchMs: number): Input[] {
  return records.map((record, i) => ({
    ...record,
    timestampMs: Math.max(START_MS, record.timestampMs - ((i * i) % 9) * bySoMuchMs),
  }));
}

const disordered = outOfOrder(readings, 900);
/** At times of their own, so that what comes first does not depend on the order of the sources. */
const limits = outOfOrder(records("limits", 300, (i) => reading(3 * i), (i) => (3 * i) % 7), 800)
  .map((record) => ({ ...record, timestampMs: record.timestampMs + 7 }));

function bounded(env: StreamExecutionEnvironment, broker: JobBroker, from: Topic<Reading, string> = READINGS) {
  return env.fromSource(broker.source(from), WatermarkStrategy.forBoundedOutOfOrderness(1_000), from.name);
}

const bySensor = ({ sensor }: Reading) => sensor;

/** What a window holds, in order, and how often it and all windows of the key have fired. */
class Listing extends ProcessWindowFunction<Reading, string, string, TimeWindow> {
  override process(
    key: string,
    context: WindowContext<TimeWindow>,
    elements: Iterable<Reading>,
    out: Collector<string>,
  ): void {
    const counts = [[context.windowState(), FIRINGS] as const, [context.globalState(), ALL_FIRINGS] as const].map(
      ([store, descriptor]) => {
        const state = store.getState(descriptor);
        const count = (state.value() ?? 0) + 1;
        state.update(count);
        return count;
      },
    );
    const levels = [...elements].map(({ level }) => level);
    out.collect(`${key} ${context.window().startMs - START_MS}: ${levels.join(" ")}, firing ${counts.join("/")}`);
    for (const level of levels) if (level > 95) context.output(LARGE, { sensor: key, level });
  }

  override clear(context: WindowContext<TimeWindow>): void {
    context.windowState().getState(FIRINGS).clear();
  }
}

/** What windows of all keys hold, in order. */
class ListingOfAll extends ProcessAllWindowFunction<Reading, string> {
  override process(_context: WindowContext, elements: Iterable<Reading>, out: Collector<string>): void {
    out.collect([...elements].map(({ sensor, level }) => `${sensor} ${level}`).join(", "));
  }
}

const COUNT = new ReducingStateDescriptor<number>("count", (a, b) => a + b);

/** Fires with each third record, also of windows that have become one, and at the end of the window. */
class EachThird extends Trigger<unknown, TimeWindow> {
  readonly description = "EachThird()";

  override onElement(_value: unknown, _ms: number, window: TimeWindow, context: TriggerContext): TriggerResult {
    context.registerEventTimeTimer(window.maxTimestamp());
    return this.#counted(1, context);
  }

  override onEventTime(timeMs: number, window: TimeWindow): TriggerResult {
    return timeMs === window.maxTimestamp() ? TriggerResult.FIRE : TriggerResult.CONTINUE;
  }

  override onProcessingTime(): TriggerResult {
    return TriggerResult.CONTINUE;
  }

  override canMerge(): boolean {
    return true;
  }

  override onMerge(window: TimeWindow, context: OnMergeContext): void {
    context.mergePartitionedState(COUNT);
    context.registerEventTimeTimer(window.maxTimestamp());
  }

  override clear(window: TimeWindow, context: TriggerContext): void {
    context.getPartitionedState(COUNT).clear();
    context.deleteEventTimeTimer(window.maxTimestamp());
  }

  #counted(more: number, context: TriggerContext): TriggerResult {
    const count = context.getPartitionedState(COUNT);
    count.add(more);
    if (count.get()! < 3) return TriggerResult.CONTINUE;
    count.clear();
    return TriggerResult.FIRE;
  }
}

/** Results of windows without end have no time: a topic would take the present one. */
const noon = WatermarkStrategy.noWatermarks().withTimestampAssigner(() => START_MS);

/** A job of one stream or two, whose results are texts. */
function windowJob(
  describe: (
    readings: DataStream<Reading>,
    limits: () => DataStream<Reading>,
    rest: (late: DataStream<Reading>) => void,
  ) => DataStream<string>,
  { inputs = disordered, timeless = false }: { inputs?: readonly Input[]; timeless?: boolean } = {},
): Job {
  return {
    define: (env, broker) => {
      let results = describe(
        bounded(env, broker),
        () => bounded(env, broker, LIMITS),
        (late) => void late.sinkTo(broker.sink(REST)).name("rest"),
      );
      if (timeless) results = results.assignTimestampsAndWatermarks(noon).name("date");
      results.sinkTo(broker.sink(OUT)).name("out");
    },
    inputs,
    outputs: ["out", "rest", "job.dead-letters"],
    options: { maxDead: { share: 1 } },
    inOrder: true,
  };
}

const both = [...disordered, ...limits];

export const WINDOW_JOBS: Readonly<Record<string, Job>> = {
  "sliding windows that wait for late records, with state of their own": windowJob((readings, _limits, rest) => {
    const windows = readings.keyBy(bySensor).window(SlidingEventTimeWindows.of(6_000, 2_000)).allowedLateness(1_500)
      .sideOutputLateData(LATE).process(new Listing()).name("list");
    rest(windows.getSideOutput(LATE).union(windows.getSideOutput(LARGE)));
    return windows;
  }),
  "sessions that grow together, late records among them": windowJob((readings, _limits, rest) => {
    const sessions = readings.keyBy(bySensor).window(EventTimeSessionWindows.withGap(1_500)).allowedLateness(200)
      .sideOutputLateData(LATE)
      .aggregate({
        createAccumulator: () => ({ sensor: "", sum: 0, count: 0 }),
        add: ({ sensor, level }, { sum, count }) => ({ sensor, sum: sum + level, count: count + 1 }),
        getResult: ({ sensor, sum, count }) => `${sensor}: ${sum} of ${count}`,
        merge: (a, b) => ({ sensor: a.sensor || b.sensor, sum: a.sum + b.sum, count: a.count + b.count }),
      }).name("sum");
    rest(sessions.getSideOutput(LATE));
    return sessions;
  }),
  "a trigger of the job's own, whose state sessions merge": windowJob((readings) =>
    readings.keyBy(bySensor).window(EventTimeSessionWindows.withGap(4_000)).trigger(new EachThird())
      .reduce((a, b) => ({ sensor: a.sensor, level: a.level + b.level })).name("sum")
      .map(({ sensor, level }) => `${sensor} ${level}`).name("show")
  ),
  "windows that fire again and again, and what an evictor leaves in them": windowJob((readings) =>
    readings.keyBy(bySensor).window(TumblingEventTimeWindows.of(20_000)).trigger(ContinuousEventTimeTrigger.of(3_000))
      .evictor(TimeEvictor.of(5_000, true)).process(new Listing()).name("list")
  ),
  "global windows with a trigger by difference and a count evictor": windowJob(
    (readings) =>
      readings.keyBy(bySensor).window(GlobalWindows.create())
        .trigger(DeltaTrigger.of<Reading>(40, (a, b) => Math.abs(a.level - b.level))).evictor(CountEvictor.of(4))
        .process<string>({
          process: (key, _context, elements, out) => out.collect(`${key} ${[...elements].map(({ level }) => level)}`),
        }).name("list"),
    { timeless: true },
  ),
  "windows of all keys, by time and by number": windowJob((readings) => {
    const byTime = readings.windowAll(SlidingEventTimeWindows.of(3_000, 1_500)).evictor(CountEvictor.of(3))
      .process(new ListingOfAll()).name("list");
    const byNumber = readings.windowAll(GlobalWindows.create()).trigger(PurgingTrigger.of(CountTrigger.of(5)))
      .maxBy("level").map(({ sensor, level }) => `${sensor} has ${level}`).name("show");
    return byTime.union(byNumber);
  }, { timeless: true }),
  "the last windows of a number of records each": windowJob(
    (readings) =>
      readings.keyBy(bySensor).countWindow(5, 2).reduce((a, b) => ({ sensor: a.sensor, level: a.level + b.level }))
        .name("sum").map(({ sensor, level }) => `${sensor} ${level}`).name("show"),
    { timeless: true },
  ),
  "pairs of two streams in windows that slide": windowJob(
    (readings, limits) =>
      readings.join(limits()).where(bySensor).equalTo(bySensor).window(SlidingEventTimeWindows.of(4_000, 2_000))
        .allowedLateness(1_000).apply((left, right) => `${left.sensor} ${left.level}/${right.level}`),
    { inputs: both },
  ),
  "pairs of two streams in sessions of both": windowJob(
    (readings, limits) =>
      readings.join(limits()).where(bySensor).equalTo(bySensor).window(EventTimeSessionWindows.withGap(900))
        .apply((left, right) => `${left.sensor} ${left.level}/${right.level}`),
    { inputs: both },
  ),
  "groups of two streams, with a trigger and an evictor": windowJob(
    (readings, limits) =>
      readings.coGroup(limits()).where(bySensor).equalTo(bySensor).window(TumblingEventTimeWindows.of(8_000))
        .trigger(CountTrigger.of(3)).evictor(CountEvictor.of(4)).apply<string>((lefts, rights, out) => {
          const levels = (elements: Iterable<Reading>) => [...elements].map(({ level }) => level).join(" ");
          out.collect(`${levels(lefts)} / ${levels(rights)}`);
        }),
    { inputs: both },
  ),
};
