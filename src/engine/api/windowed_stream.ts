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
 * The records of a keyed stream, grouped by key and window.
 *
 * First call the settings (`trigger()`, `evictor()`, `allowedLateness()`, `sideOutputLateData()`), last the fold or function that
 * makes the results. Results have the window's last millisecond as timestamp. Flink's `apply()` is left out: `process()` does
 * all that it does.
 *
 * @example Clicks of a visit, which ends after 30 seconds without one
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { StreamExecutionEnvironment, Time, WatermarkStrategy } from "@stream-apps/deno";
 * import { EventTimeSessionWindows } from "@stream-apps/deno/windows";
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

  /** Made by `KeyedStream.window()`. */
  constructor(assigner: WindowAssigner<T, W>, transform: Transform<T>) {
    super("window", assigner, transform);
  }

  /** Folds a window's records as they arrive: one value is kept, and emitted when the window fires. */
  reduce(reduce: ReduceFunction<T>): SingleOutputStreamOperator<T>;
  /** Folds a window's records as they arrive, and calls `process` with the folded value when the window fires. */
  reduce<R>(reduce: ReduceFunction<T>, process: ProcessWindowFunction<T, R, K, W>): SingleOutputStreamOperator<R>;
  reduce<R>(reduce: ReduceFunction<T>, process?: ProcessWindowFunction<T, R, K, W>): SingleOutputStreamOperator<R> {
    checkPlainFunction("reduce", reduce);
    if (process !== undefined) checkWindowFunction("reduce", process);
    return this.fold("reduce", new ReduceFold(reduce), process);
  }

  /** Folds a window's records into an accumulator as they arrive, and emits the result of it when the window fires. */
  aggregate<ACC, R>(aggregateFunction: AggregateFunction<T, ACC, R>): SingleOutputStreamOperator<R>;
  /** Folds a window's records into an accumulator as they arrive, and calls `process` with its result when the window fires. */
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

  /** Keeps all records of a window, in order of arrival, and calls `process` with them when the window fires. */
  process<R>(process: ProcessWindowFunction<T, R, K, W>): SingleOutputStreamOperator<R> {
    checkWindowFunction("process", process);
    return this.list(process);
  }
}
