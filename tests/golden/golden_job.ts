/**
 * A job with every kind of entry that a commit can have, for commits of earlier versions to be restored into.
 *
 * Nothing here may change: `golden_commit_test.ts` goes on with what this job had committed when an earlier version ran it.
 */
import { z } from "zod";
import type { JobBroker } from "../../src/connectors/mod.ts";
import {
  AggregatingStateDescriptor,
  type AsyncContext,
  AsyncDataStream,
  type Clock,
  type Collector,
  CountEvictor,
  EventTimeSessionWindows,
  GlobalWindows,
  type KeyedBroadcastContext,
  KeyedBroadcastProcessFunction,
  type KeyedProcessContext,
  KeyedProcessFunction,
  type KeyedReadOnlyBroadcastContext,
  type KeyedRuntimeContext,
  ListStateDescriptor,
  MapStateDescriptor,
  type OnTimerContext,
  ProcessJoinFunction,
  ProcessWindowFunction,
  ReducingStateDescriptor,
  SILENT,
  SlidingEventTimeWindows,
  StreamExecutionEnvironment,
  TumblingEventTimeWindows,
  ValueStateDescriptor,
  WatermarkStrategy,
  type WindowContext,
} from "../../src/engine/mod.ts";

export const HALF_MS = 60;
/** Of the second half, ms of event time. */
export const END_MS = 200;
/** The job's clock stands still: times of last updates are the same in each run. */
const NOW_MS = Date.UTC(2026, 0, 1);
const FAR_MS = Date.UTC(2100, 0, 1);

export interface Item {
  readonly key: string;
  readonly n: number;
}

const SCHEMA = z.object({ key: z.string(), n: z.number() });
/** Names of the job and its topics; the golden files have these. */
export const NAMES = { job: "golden", input: "in", output: "out" };

/** Records of the input from `fromMs` up to `toMs` of event time, 5 ms apart, keys a, b and c in turn. */
export function inputOf(fromMs: number, toMs: number): { readonly item: Item; readonly timestampMs: number }[] {
  const items = [];
  for (let timestampMs = fromMs; timestampMs < toMs; timestampMs += 5) {
    const i = timestampMs / 5;
    items.push({ item: { key: "abc"[i % 3]!, n: i }, timestampMs });
  }
  return items;
}

/** The job, on a broker with both topics. */
export function goldenJob(
  store: JobBroker,
  { names = NAMES, ...options }: {
    readonly bounded: boolean;
    readonly signal: AbortSignal;
    readonly clock: Clock;
    readonly names?: typeof NAMES;
  },
): StreamExecutionEnvironment {
  const input = { name: names.input, schema: SCHEMA, key: ({ key }: Item) => key };
  const output = { name: names.output, schema: z.object({ from: z.string(), text: z.string() }), key: () => "all" };
  const env = new StreamExecutionEnvironment({
    jobName: names.job,
    store,
    from: "earliest",
    commitIntervalMs: 10,
    logger: SILENT,
    ...options,
    clock: { ...options.clock, now: () => NOW_MS },
  });
  const items = env.fromSource(store.source(input), WatermarkStrategy.forMonotonousTimestamps<Item>(), "items");
  const keyed = items.keyBy(({ key }) => key);
  const out = store.sink(output);
  const write = (name: string) => (text: string) => ({ from: name, text });
  const add = (accumulated: Item, next: Item): Item => ({ key: accumulated.key, n: accumulated.n + next.n });
  const show = (item: Item) => `${item.key} ${item.n}`;

  keyed.reduce(add).uid("totals").map(show).map(write("totals")).sinkTo(out).uid("out-totals");
  keyed.max("n").uid("largest").map(show).map(write("largest")).sinkTo(out).uid("out-largest");
  keyed.window(TumblingEventTimeWindows.of(50)).reduce(add).uid("tumbling").map(show).map(write("tumbling"))
    .sinkTo(out).uid("out-tumbling");
  keyed.window(SlidingEventTimeWindows.of(40, 20)).allowedLateness(10).reduce(add).uid("sliding").map(show)
    .map(write("sliding")).sinkTo(out).uid("out-sliding");
  keyed.window(EventTimeSessionWindows.withGap(16)).reduce(add).uid("sessions").map(show).map(write("sessions"))
    .sinkTo(out).uid("out-sessions");
  keyed.window(TumblingEventTimeWindows.of(70)).process(new Numbered()).uid("numbered").map(write("numbered"))
    .sinkTo(out).uid("out-numbered");
  keyed.countWindow(5).reduce(add).uid("counted").map(show).map(write("counted")).sinkTo(out).uid("out-counted");
  keyed.countWindow(4, 2).reduce(add).uid("slid").map(show).map(write("slid")).sinkTo(out).uid("out-slid");
  keyed.window(GlobalWindows.create()).evictor(CountEvictor.of(3)).reduce(add).uid("global").map(show)
    .map(write("global")).sinkTo(out).uid("out-global");
  keyed.process(new Everything()).uid("everything").map(write("everything")).sinkTo(out).uid("out-everything");
  keyed.connect(items.filter(({ n }) => n % 7 === 0).broadcast(RULES)).process(new Ruled()).uid("ruled")
    .map(write("ruled")).sinkTo(out).uid("out-ruled");
  keyed.intervalJoin(items.filter(({ n }) => n % 2 === 0).keyBy(({ key }) => key)).between(-30, 30)
    .process(new Pairs()).uid("pairs").map(write("pairs")).sinkTo(out).uid("out-pairs");
  AsyncDataStream.orderedWait(items, (item: Item, _: AsyncContext) => Promise.resolve([show(item)]), {
    timeoutMs: 1_000,
    capacity: 10,
  }).uid("asked").map(write("asked")).sinkTo(out).uid("out-asked");
  return env;
}

/** Elements of a window, and state of a window and over all windows. */
class Numbered extends ProcessWindowFunction<Item, string, string> {
  override process(key: string, context: WindowContext, elements: Iterable<Item>, out: Collector<string>): void {
    const windows = context.globalState().getState(new ValueStateDescriptor<number>("windows"));
    windows.update((windows.value() ?? 0) + 1);
    out.collect(`${key} window ${windows.value()}: ${[...elements].map(({ n }) => n)}`);
  }
}

const TTL = { ttl: { ttlMs: 3_600_000 } };
const sum = {
  createAccumulator: () => ({ sum: 0, count: 0 }),
  add: (n: number, { sum, count }: { sum: number; count: number }) => ({ sum: sum + n, count: count + 1 }),
  getResult: ({ sum, count }: { sum: number; count: number }) => sum / count,
  merge: (a: { sum: number; count: number }, b: { sum: number; count: number }) => ({
    sum: a.sum + b.sum,
    count: a.count + b.count,
  }),
};

const VALUE = new ValueStateDescriptor<Item>("value", { version: 3 });
const VALUE_TTL = new ValueStateDescriptor<number>("value ttl", TTL);
const LIST = new ListStateDescriptor<number>("list");
const LIST_TTL = new ListStateDescriptor<number>("list ttl", TTL);
const MAP = new MapStateDescriptor<string, Item>("map");
const MAP_TTL = new MapStateDescriptor<number, number>("map ttl", TTL);
const REDUCING = new ReducingStateDescriptor<number>("reducing", (a, b) => a + b);
const REDUCING_TTL = new ReducingStateDescriptor<number>("reducing ttl", (a, b) => Math.max(a, b), TTL);
const AGGREGATING = new AggregatingStateDescriptor("aggregating", sum);
const AGGREGATING_TTL = new AggregatingStateDescriptor("aggregating ttl", sum, TTL);

/** Each kind of state with and without a time to live, and timers of both clocks. */
class Everything extends KeyedProcessFunction<string, Item, string> {
  #show!: () => string;
  #note!: (item: Item) => void;

  override open(context: KeyedRuntimeContext): void {
    const value = context.getState(VALUE);
    const valueTtl = context.getState(VALUE_TTL);
    const list = context.getListState(LIST);
    const listTtl = context.getListState(LIST_TTL);
    const map = context.getMapState(MAP);
    const mapTtl = context.getMapState(MAP_TTL);
    const reducing = context.getReducingState(REDUCING);
    const reducingTtl = context.getReducingState(REDUCING_TTL);
    const aggregating = context.getAggregatingState(AGGREGATING);
    const aggregatingTtl = context.getAggregatingState(AGGREGATING_TTL);
    this.#note = (item) => {
      value.update(item);
      valueTtl.update(item.n);
      for (const each of [list, listTtl, reducing, reducingTtl, aggregating, aggregatingTtl]) each.add(item.n);
      map.put(`é ${item.n % 4}`, item);
      if (item.n % 5 === 0) map.remove("é 1");
      mapTtl.put(item.n % 3, item.n);
    };
    this.#show = () =>
      JSON.stringify([
        value.value(),
        valueTtl.value(),
        [...list.get()],
        [...listTtl.get()],
        [...map.entries()],
        [...mapTtl.entries()],
        reducing.get(),
        reducingTtl.get(),
        aggregating.get(),
        aggregatingTtl.get(),
      ]);
  }

  override processElement(item: Item, context: KeyedProcessContext<string>): void {
    this.#note(item);
    context.timerService().registerEventTimeTimer(5 * item.n + 37);
    context.timerService().registerProcessingTimeTimer(FAR_MS + item.n);
  }

  override onTimer(timeMs: number, context: OnTimerContext<string>, out: Collector<string>): void {
    out.collect(`${context.currentKey()} ${timeMs}: ${this.#show()}`);
  }
}

const RULES = new MapStateDescriptor<string, number>("rules");

/** Broadcast state beside keyed state. */
class Ruled extends KeyedBroadcastProcessFunction<string, Item, Item, string> {
  override processElement(item: Item, context: KeyedReadOnlyBroadcastContext<string>, out: Collector<string>): void {
    const rules = context.getBroadcastState(RULES);
    out.collect(`${item.key} ${item.n}: ${["a", "b", "c"].map((key) => rules.get(key))}`);
  }

  override processBroadcastElement(item: Item, context: KeyedBroadcastContext<string>): void {
    context.getBroadcastState(RULES).put(item.key, item.n);
  }
}

class Pairs extends ProcessJoinFunction<Item, Item, string> {
  override processElement(left: Item, right: Item, _: unknown, out: Collector<string>): void {
    out.collect(`${left.key}: ${left.n} ${right.n}`);
  }
}
