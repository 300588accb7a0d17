/** Jobs whose functions have two streams, with state and timers of their key. */
import {
  type Collector,
  KeyedCoProcessFunction,
  type KeyedProcessContext,
  type KeyedRuntimeContext,
  type ListState,
  ListStateDescriptor,
  type OnTimerContext,
  OutputTag,
  type ValueState,
  ValueStateDescriptor,
} from "../../src/engine/mod.ts";
import { type Job, LIMITS, OUT, type Reading, reading, readings, records, REST, source } from "./stage_jobs.ts";

const UNUSED = new OutputTag<string>("unused");

/** Holds readings back until their sensor has a limit, which is valid for four seconds. */
class WaitForLimit extends KeyedCoProcessFunction<string, Reading, Reading, string> {
  #limit!: ValueState<Reading & { readonly untilMs: number }>;
  #waiting!: ListState<number>;

  override open(context: KeyedRuntimeContext): void {
    this.#limit = context.getState(new ValueStateDescriptor<Reading & { readonly untilMs: number }>("limit"));
    this.#waiting = context.getListState(new ListStateDescriptor<number>("waiting"));
  }

  override processElement1({ level }: Reading, context: KeyedProcessContext<string>, out: Collector<string>): void {
    const limit = this.#limit.value();
    if (limit === undefined) this.#waiting.add(level);
    else out.collect(`${context.currentKey()} ${level} of ${limit.level}`);
  }

  override processElement2(limit: Reading, context: KeyedProcessContext<string>, out: Collector<string>): void {
    const before = this.#limit.value();
    if (before !== undefined) context.timerService().deleteEventTimeTimer(before.untilMs);
    const untilMs = context.timestamp()! + 4_000;
    context.timerService().registerEventTimeTimer(untilMs);
    this.#limit.update({ ...limit, untilMs });
    for (const level of this.#waiting.get()) out.collect(`${limit.sensor} ${level} at last, of ${limit.level}`);
    this.#waiting.clear();
  }

  override onTimer(timerMs: number, context: OnTimerContext<string>): void {
    context.output(UNUSED, `${context.currentKey()} has no limit from ${timerMs} on`);
    this.#limit.clear();
  }
}

/** Limits now and then, at times of their own. */
const limits = records("limits", 40, (i) => reading(3 * i), (i) => (3 * i) % 7)
  .map((record, i) => ({ ...record, timestampMs: record.timestampMs + i * 3_500 + 7 }));

export const CONNECTED_JOBS: Readonly<Record<string, Job>> = {
  "two keyed streams that share state and timers": {
    define: (env, broker) => {
      const bySensor = ({ sensor }: Reading) => sensor;
      const results = source(env, broker).connect(source(env, broker, LIMITS)).keyBy(bySensor, bySensor)
        .process(new WaitForLimit()).name("wait_for_limit");
      results.sinkTo(broker.sink(OUT)).name("out");
      results.getSideOutput(UNUSED).sinkTo(broker.sink(REST)).name("rest");
    },
    inputs: [...readings, ...limits],
    outputs: ["out", "rest"],
    inOrder: true,
  },
  "functions for each of two streams without a key": {
    define: (env, broker) => {
      source(env, broker).connect(source(env, broker, LIMITS)).flatMap<string>({
        flatMap1: ({ sensor, level }, out) => {
          if (level % 2 === 0) out.collect(`${sensor} ${level}`);
        },
        flatMap2: ({ sensor, level }, out) => {
          for (const more of [0, 1]) out.collect(`${sensor} may have ${level + more}`);
        },
      }).name("show").sinkTo(broker.sink(OUT)).name("out");
    },
    inputs: [...readings, ...limits],
    outputs: ["out"],
    inOrder: true,
  },
};
