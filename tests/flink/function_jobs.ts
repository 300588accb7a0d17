/** Jobs whose functions have a broadcast stream beside their own. */
import {
  type BroadcastContext,
  BroadcastProcessFunction,
  type Collector,
  type KeyedBroadcastContext,
  KeyedBroadcastProcessFunction,
  type KeyedReadOnlyBroadcastContext,
  type KeyedRuntimeContext,
  MapStateDescriptor,
  OutputTag,
  type ReadOnlyBroadcastContext,
  type ValueState,
  ValueStateDescriptor,
} from "../../src/engine/mod.ts";
import {
  type Input,
  type Job,
  LIMITS,
  OUT,
  type Reading,
  reading,
  readings,
  records,
  REST,
  source,
} from "./stage_jobs.ts";

const BY_SENSOR = new MapStateDescriptor<string, number>("limits");
const COUNT = new ValueStateDescriptor<number>("count");
const NEWS = new OutputTag<string>("news");

/** Counts readings above the limit of their sensor; a new limit below 30 makes it report all counts and begin anew. */
class CountAbove extends KeyedBroadcastProcessFunction<string, Reading, Reading, string> {
  #count!: ValueState<number>;

  override open(context: KeyedRuntimeContext): void {
    this.#count = context.getState(COUNT);
  }

  override processElement(
    value: Reading,
    context: KeyedReadOnlyBroadcastContext<string>,
    out: Collector<string>,
  ): void {
    const limit = context.getBroadcastState(BY_SENSOR).get(value.sensor) ?? Number.POSITIVE_INFINITY;
    if (value.level <= limit) return;
    const count = (this.#count.value() ?? 0) + 1;
    this.#count.update(count);
    out.collect(`${value.sensor} ${count} above ${limit}`);
  }

  override processBroadcastElement(
    { sensor, level }: Reading,
    context: KeyedBroadcastContext<string>,
    out: Collector<string>,
  ): void {
    context.getBroadcastState(BY_SENSOR).put(sensor, level);
    out.collect(`limit of ${sensor}: ${level}`);
    context.output(NEWS, `${sensor} ${level}`);
    if (level >= 30) return;
    context.applyToKeyedState(COUNT, (key, count) => {
      out.collect(`${key} had ${count.value()}`);
      context.output(NEWS, `${key} begins anew`);
      count.clear();
    });
  }
}

/** Lets those pass that are above the limit of their sensor. */
class Above extends BroadcastProcessFunction<Reading, Reading, string> {
  override processElement(value: Reading, context: ReadOnlyBroadcastContext, out: Collector<string>): void {
    const limit = context.getBroadcastState(BY_SENSOR).get(value.sensor) ?? Number.POSITIVE_INFINITY;
    if (value.level > limit) out.collect(`${value.sensor} ${value.level} above ${limit}`);
  }

  override processBroadcastElement(
    { sensor, level }: Reading,
    context: BroadcastContext,
    out: Collector<string>,
  ): void {
    if (level === 0) throw new RangeError(`0 is no limit, of ${sensor}`);
    context.getBroadcastState(BY_SENSOR).put(sensor, level);
    out.collect(`limit of ${sensor}: ${level}`);
  }
}

/** Seven limits, then a hundred readings, and so on. */
function inTurns(): Input[] {
  const limits = records("limits", 28, (i) => reading(5 * i + 1));
  return [0, 1, 2, 3].flatMap((turn) => {
    const laterMs = turn * 7 * 500;
    const some = limits.slice(turn * 7, turn * 7 + 7).map((record) => ({
      ...record,
      timestampMs: record.timestampMs + turn * 50_000,
    }));
    const data = readings.slice(turn * 100, turn * 100 + 100)
      .map((record) => ({ ...record, timestampMs: record.timestampMs + laterMs + 7 * 500 }));
    return [...some, ...data];
  });
}

export const FUNCTION_JOBS: Readonly<Record<string, Job>> = {
  "broadcast state beside state of keys": {
    define: (env, broker) => {
      const above = source(env, broker).keyBy(({ sensor }) => sensor)
        .connect(source(env, broker, LIMITS).broadcast(BY_SENSOR)).process(new CountAbove()).name("count_above");
      above.sinkTo(broker.sink(OUT)).name("out");
      above.getSideOutput(NEWS).sinkTo(broker.sink(REST)).name("rest");
    },
    inputs: inTurns(),
    inTurns: true,
    outputs: ["out", "rest"],
  },
  "broadcast state without keys": {
    define: (env, broker) => {
      source(env, broker).connect(source(env, broker, LIMITS).broadcast(BY_SENSOR)).process(new Above()).name("above")
        .sinkTo(broker.sink(OUT)).name("out");
    },
    inputs: inTurns(),
    inTurns: true,
    outputs: ["out"],
  },
};
