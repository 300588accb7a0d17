import type { ProcessWindowFunction, ReduceFunction } from "../functions/functions.ts";
import { AggregateFold, ReduceFold } from "../operators/window/folds.ts";
import type { AggregateFunction } from "../state/functions.ts";
import type { TimeWindow, Window } from "../windows/window.ts";
import type { WindowAssigner } from "../windows/window_assigner.ts";
import {
  BaseWindowedStream,
  checkAggregateFunction,
  checkWindowFunction,
  type Transform,
} from "./base_windowed_stream.ts";
import { checkPlainFunction } from "./checks.ts";
import type { SingleOutputStreamOperator } from "./data_stream.ts";

/**
 * Each key's records by window.
 *
 * First say how windows work (`trigger()`, `evictor()`, `allowedLateness()`, `sideOutputLateData()`), last what becomes of
 * their records. Results have the timestamp of the window's last millisecond. Flink's `apply()` is left out: `process()`
 * does all that it does.
 *
 * @example Clicks of a visit, which 30 seconds of silence end
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { EventTimeSessionWindows, StreamExecutionEnvironment, Time, WatermarkStrategy } from "../mod.ts";
 *
 * const clicks = [1, 25, 90].map((second) => ({ user: "ann", second, count: 1 }));
 * const visits = new StreamExecutionEnvironment().fromCollection(clicks)
 *   .assignTimestampsAndWatermarks(
 *     WatermarkStrategy.forMonotonousTimestamps().withTimestampAssigner(({ second }) => Time.seconds(second)),
 *   )
 *   .keyBy(({ user }) => user)
 *   .window(EventTimeSessionWindows.withGap(Time.seconds(30)));
 *
 * const counts = await visits.sum("count").executeAndCollect();
 * assertEquals(counts.map(({ count }) => count), [2, 1]);
 * ```
 * @see Flink: WindowedStream
 */
export class WindowedStream<T, K, W extends Window = TimeWindow> extends BaseWindowedStream<T, W> {
  /** Carries the type only. */
  declare protected readonly keyType: K;

  /** See `KeyedStream.window()`. */
  constructor(assigner: WindowAssigner<T, W>, transform: Transform<T>) {
    super("window", assigner, transform);
  }

  /** Folds a window's records as they come: one value is kept, and given when the window fires. */
  reduce(reduce: ReduceFunction<T>): SingleOutputStreamOperator<T>;
  /** Likewise, and lets a function make the result of the folded value. */
  reduce<R>(reduce: ReduceFunction<T>, process: ProcessWindowFunction<T, R, K, W>): SingleOutputStreamOperator<R>;
  reduce<R>(reduce: ReduceFunction<T>, process?: ProcessWindowFunction<T, R, K, W>): SingleOutputStreamOperator<R> {
    checkPlainFunction("reduce", reduce);
    if (process !== undefined) checkWindowFunction("reduce", process);
    return this.fold("reduce", new ReduceFold(reduce), process);
  }

  /** Folds a window's records as they come into an accumulator, of which a result is made when the window fires. */
  aggregate<ACC, R>(aggregateFunction: AggregateFunction<T, ACC, R>): SingleOutputStreamOperator<R>;
  /** Likewise, and lets a function make the result of that result. */
  aggregate<ACC, V, R>(
    aggregateFunction: AggregateFunction<T, ACC, V>,
    process: ProcessWindowFunction<V, R, K, W>,
  ): SingleOutputStreamOperator<R>;
  aggregate<ACC, V, R>(
    aggregateFunction: AggregateFunction<T, ACC, V>,
    process?: ProcessWindowFunction<V, R, K, W>,
  ): SingleOutputStreamOperator<R> {
    checkAggregateFunction(aggregateFunction);
    if (process !== undefined) checkWindowFunction("aggregate", process);
    return this.fold("aggregate", new AggregateFold(aggregateFunction), process);
  }

  /** Keeps all of a window's records and lets a function make the results of them, in order of arrival. */
  process<R>(process: ProcessWindowFunction<T, R, K, W>): SingleOutputStreamOperator<R> {
    checkWindowFunction("process", process);
    return this.list(process);
  }
}
