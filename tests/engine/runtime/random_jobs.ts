/** Describes the jobs of `random_plans.ts`. */
import { AsyncDataStream } from "../../../src/engine/api/async_data_stream.ts";
import type { DataStream, KeyedStream } from "../../../src/engine/api/data_stream.ts";
import type { StreamExecutionEnvironment } from "../../../src/engine/api/environment.ts";
import {
  type KeyedBroadcastContext,
  KeyedBroadcastProcessFunction,
  type KeyedReadOnlyBroadcastContext,
} from "../../../src/engine/functions/broadcast_functions.ts";
import {
  type Collector,
  type KeyedRuntimeContext,
  ProcessAllWindowFunction,
  ProcessWindowFunction,
  type WindowContext,
} from "../../../src/engine/functions/functions.ts";
import { ProcessJoinFunction } from "../../../src/engine/functions/process_join_function.ts";
import {
  KeyedCoProcessFunction,
  type KeyedProcessContext,
  KeyedProcessFunction,
  type OnTimerContext,
} from "../../../src/engine/functions/process_functions.ts";
import { OutputTag } from "../../../src/engine/side_output.ts";
import type { Sink } from "../../../src/engine/sink.ts";
import type { Source } from "../../../src/engine/source.ts";
import {
  type ListState,
  ListStateDescriptor,
  type MapState,
  MapStateDescriptor,
  type ValueState,
  ValueStateDescriptor,
} from "../../../src/engine/state/state.ts";
import { WatermarkStrategy } from "../../../src/engine/time/watermark_strategy.ts";
import { EventTimeSessionWindows } from "../../../src/engine/windows/session_windows.ts";
import { SlidingEventTimeWindows } from "../../../src/engine/windows/sliding_event_time_windows.ts";
import { TumblingEventTimeWindows } from "../../../src/engine/windows/tumbling_event_time_windows.ts";
import { type Item, type JobPlan, type Keyed, PREVIOUS, type Stateless, type Strategy } from "./random_plans.ts";

/** Describes the job; the sources are those of the plan, in order. */
export function describeJob(
  env: StreamExecutionEnvironment,
  { sources, ways }: JobPlan,
  from: readonly Source<Item>[],
  sinkOf: (name: string) => Sink<Item>,
): void {
  const streams = sources.map(({ strategy, steps }, index) => {
    let stream: DataStream<Item> = env.fromSource(from[index]!, strategyOf(strategy), `s${index}`);
    if (strategy === "in the middle") {
      stream = stream.assignTimestampsAndWatermarks(WatermarkStrategy.forMonotonousTimestamps<Item>());
    }
    return steps.reduce(applyStateless, stream.map(throwsBeforeState));
  });
  let previous: DataStream<Item> | undefined;
  for (const [index, way] of ways.entries()) {
    const numbers = way.from.map((number) => number === PREVIOUS && previous ? number : number % streams.length);
    const chosen = [...new Set(numbers)].map((number) => number === PREVIOUS ? previous! : streams[number]!);
    const [first, ...others] = chosen as [DataStream<Item>, ...DataStream<Item>[]];
    const stream = others.length === 0 ? first : first.union(...others);
    const sinkAside = (aside: DataStream<Item>) => void aside.sinkTo(sinkOf(`aside ${index}`)).name(`aside ${index}`);
    let result = applyKeyed(stream.keyBy(keyOf), way.keyed, first, sinkAside);
    // Results of count windows are at the end of time: nothing with event time can follow.
    const isTimeless = way.keyed === "count" || way.keyed === "sliding count";
    const then = isTimeless ? "reduce" : way.then;
    if (then !== "nothing" && then !== "async") result = applyKeyed(result.keyBy(keyOf), then, first, () => {});
    previous = isTimeless ? undefined : result;
    result = result.map(throwsBehindState);
    if (then === "async") result = AsyncDataStream.orderedWait(result, answer, { timeoutMs: 1_000, capacity: 3 });
    result.sinkTo(sinkOf(`way ${index}`)).name(`way ${index}`);
  }
}

const keyOf = ({ key }: Item) => key;
const add = (accumulated: Item, { n, poison }: Item): Item => ({
  ...accumulated,
  n: accumulated.n + n,
  ...(poison && { poison }),
});
const LATE = new OutputTag<Item>("late");

/** Answers after a while, and not in the order of calls. */
async function answer(item: Item): Promise<Item[]> {
  for (let turns = item.n % 3; turns >= 0; turns--) await Promise.resolve();
  return [{ ...item, n: -item.n }];
}

function throwsBeforeState(item: Item): Item {
  if (item.poison === "before state") throw new RangeError("poison before state");
  return item;
}

function throwsBehindState(item: Item): Item {
  if (item.poison === "behind state") throw new RangeError("poison behind state");
  return item;
}

function strategyOf(strategy: Strategy): WatermarkStrategy<Item> {
  switch (strategy) {
    case "none":
    case "in the middle":
      return WatermarkStrategy.noWatermarks();
    case "monotonous":
      return WatermarkStrategy.forMonotonousTimestamps();
    case "out of order":
      return WatermarkStrategy.forBoundedOutOfOrderness(4);
  }
}

function applyStateless(stream: DataStream<Item>, step: Stateless): DataStream<Item> {
  switch (step) {
    case "map":
      return stream.map((item) => ({ ...item, n: item.n + 1 }));
    case "filter":
      return stream.filter(({ n }) => n % 3 > 0);
    case "twice":
      return stream.flatMap((item, out) => {
        out.collect(item);
        if (item.n % 2 === 0) out.collect({ ...item, n: item.n + 100 });
      });
  }
}

/** @param aside takes late records */
function applyKeyed(
  stream: KeyedStream<Item, string>,
  keyed: Keyed,
  other: DataStream<Item>,
  aside: (stream: DataStream<Item>) => void,
): DataStream<Item> {
  switch (keyed) {
    case "reduce":
      return stream.reduce(add);
    case "max":
      return stream.max("n");
    case "tumbling":
      return stream.window(TumblingEventTimeWindows.of(10)).reduce(addInWindow).map(clean);
    case "late allowed": {
      const windows = stream.window(TumblingEventTimeWindows.of(10, 3)).allowedLateness(7).sideOutputLateData(LATE)
        .reduce(addInWindow);
      aside(windows.getSideOutput(LATE));
      return windows.map(clean);
    }
    case "sliding":
      return stream.window(SlidingEventTimeWindows.of(12, 5)).aggregate({
        createAccumulator: () => ({ key: "", n: 0 }),
        add: ({ key, n }, accumulated) => ({ key, n: accumulated.n + n }),
        getResult: (accumulated) => accumulated,
        merge: (a, b) => ({ key: a.key, n: a.n + b.n }),
      });
    case "session":
      return stream.window(EventTimeSessionWindows.withGap(6)).reduce(addInWindow).map(clean);
    case "window function":
      return stream.window(TumblingEventTimeWindows.of(8)).process(new Numbered());
    case "count":
      return stream.countWindow(3).reduce(addInWindow).map(clean);
    case "window all":
      return stream.windowAll(TumblingEventTimeWindows.of(9)).process(new Together());
    case "sliding count":
      return stream.countWindow(3, 2).reduce(addInWindow).map(clean);
    case "broadcast":
      return stream.connect(other.broadcast(LIMITS)).process(new Ruled());
    case "co-group":
      return stream.coGroup(other).where(keyOf).equalTo(keyOf).window(TumblingEventTimeWindows.of(10)).apply(
        (lefts, rights, out) => {
          const sum = (items: Iterable<Item>) => [...items].reduce((accumulated, { n }) => 10 * accumulated + n, 0);
          const [{ key } = { key: "none" }] = [...lefts, ...rights];
          out.collect({ key, n: 1e6 * sum(lefts) + sum(rights) });
        },
      );
    case "timers":
      return stream.process(new Remembering());
    case "co-process":
      return stream.connect(other.keyBy(keyOf)).process(new Limited());
    case "interval join":
      return stream.intervalJoin(other.keyBy(keyOf)).between(-4, 2).process(new Pairs());
  }
}

function addInWindow(accumulated: Item, next: Item): Item {
  return { key: accumulated.key, n: accumulated.n + next.n };
}

/** A time that may be infinite, as JSON can keep it. */
function momentOf(watermarkMs: number): string {
  return String(watermarkMs);
}

/** Behind a window, which is no record to blame: it must not throw when it fires. */
function clean({ poison: _, ...item }: Item): Item {
  return item;
}

/** Each window's elements in order, with the window's number in its key: list state, state over all windows. */
class Numbered extends ProcessWindowFunction<Item, Item, string> {
  readonly #windows = new ValueStateDescriptor<number>("windows");

  override process(key: string, context: WindowContext, elements: Iterable<Item>, out: Collector<Item>): void {
    const windows = context.globalState().getState(this.#windows);
    const number = (windows.value() ?? 0) + 1;
    windows.update(number);
    for (const { n } of elements) out.collect({ key, n: 1_000 * number + n, at: momentOf(context.currentWatermark()) });
  }
}

class Together extends ProcessAllWindowFunction<Item, Item> {
  override process(context: WindowContext, elements: Iterable<Item>, out: Collector<Item>): void {
    const n = [...elements].reduce((accumulated, { n }) => (10 * accumulated + n) % 1e9, 0);
    out.collect({ key: "all", n, at: momentOf(context.currentWatermark()) });
  }
}

/** Keeps a key's records in a list and a map, and gives what it has when a timer fires. */
class Remembering extends KeyedProcessFunction<string, Item, Item> {
  #list!: ListState<number>;
  #map!: MapState<string, number>;
  #timerMs!: ValueState<number>;

  override open(context: KeyedRuntimeContext): void {
    this.#list = context.getListState(new ListStateDescriptor<number>("list"));
    this.#map = context.getMapState(new MapStateDescriptor<string, number>("map"));
    this.#timerMs = context.getState(new ValueStateDescriptor<number>("timer"));
  }

  override processElement(item: Item, context: KeyedProcessContext<string>, out: Collector<Item>): void {
    this.#list.add(item.n);
    const name = `n${item.n % 3}`;
    this.#map.put(name, (this.#map.get(name) ?? 0) + 1);

    const timerMs = timerTime(context, item);
    if (item.n % 4 === 0) context.timerService().deleteEventTimeTimer(this.#timerMs.value() ?? 0);
    this.#timerMs.update(timerMs);
    context.timerService().registerEventTimeTimer(timerMs);
    out.collect({ ...item, at: momentOf(context.timerService().currentWatermark()) });
  }

  override onTimer(timeMs: number, context: OnTimerContext<string>, out: Collector<Item>): void {
    for (const n of this.#list.get()) out.collect({ key: context.currentKey(), n });
    for (const [name, count] of this.#map.entries()) {
      out.collect({ key: `${context.currentKey()}${name}`, n: count });
    }
    if (timeMs % 2 === 0) this.#list.clear();
    else this.#map.remove("n1");
  }
}

/** Also in the past: such a timer fires with the next watermark. */
function timerTime(context: KeyedProcessContext<string>, { n }: Item): number {
  return context.timestamp()! + 15 - 10 * (n % 4);
}

/** Lets pass what is below the limit that the other stream has set for the key last. */
class Limited extends KeyedCoProcessFunction<string, Item, Item, Item> {
  #limit!: ValueState<number>;

  override open(context: KeyedRuntimeContext): void {
    this.#limit = context.getState(new ValueStateDescriptor<number>("limit"));
  }

  override processElement1(item: Item, context: KeyedProcessContext<string>, out: Collector<Item>): void {
    if (item.n <= (this.#limit.value() ?? 5)) {
      out.collect({ ...item, at: momentOf(context.timerService().currentWatermark()) });
    }
    context.timerService().registerEventTimeTimer(timerTime(context, item));
  }

  override processElement2(item: Item): void {
    this.#limit.update(item.n);
  }

  override onTimer(timeMs: number, context: OnTimerContext<string>, out: Collector<Item>): void {
    out.collect({ key: context.currentKey(), n: 100 * timeMs + (this.#limit.value() ?? 0) });
    this.#limit.clear();
  }
}

const LIMITS = new MapStateDescriptor<string, number>("limits");
const LAST = new ValueStateDescriptor<number>("last");

/** Lets pass what is below a limit that is broadcast, and emits what each key had last when limits change. */
class Ruled extends KeyedBroadcastProcessFunction<string, Item, Item, Item> {
  #last!: ValueState<number>;

  override open(context: KeyedRuntimeContext): void {
    this.#last = context.getState(LAST);
  }

  override processElement(item: Item, context: KeyedReadOnlyBroadcastContext<string>, out: Collector<Item>): void {
    this.#last.update(item.n);
    const limit = context.getBroadcastState(LIMITS).get(`of ${item.n % 2}`) ?? 5;
    if (item.n <= limit) out.collect(item);
  }

  override processBroadcastElement(item: Item, context: KeyedBroadcastContext<string>, out: Collector<Item>): void {
    context.getBroadcastState(LIMITS).put(`of ${item.n % 2}`, item.n);
    const found: Item[] = [];
    context.applyToKeyedState(LAST, (key, last) => void found.push({ key, n: 1_000 + last.value()! }));
    for (const { key, n } of found.sort((a, b) => (a.key < b.key ? -1 : 1))) out.collect({ key, n });
  }
}

class Pairs extends ProcessJoinFunction<Item, Item, Item> {
  override processElement(left: Item, right: Item, _context: unknown, out: Collector<Item>): void {
    out.collect({ key: left.key, n: 100 * left.n + right.n });
  }
}
