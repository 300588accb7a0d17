import {
  type Collector,
  type KeyedRuntimeContext,
  type ProcessAllWindowFunction,
  ProcessWindowFunction,
  type ReduceFunction,
  type WindowContext,
} from "../functions/functions.ts";
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
 * All records of a stream by window, as {@link WindowedStream} but without key: everything goes through one place.
 *
 * Flink's `apply()` is left out: `process()` does all that it does.
 * @see Flink: AllWindowedStream
 */
export class AllWindowedStream<T, W extends Window = TimeWindow> extends BaseWindowedStream<T, W> {
  /** See `DataStream.windowAll()`. */
  constructor(assigner: WindowAssigner<T, W>, transform: Transform<T>) {
    super("windowAll", assigner, transform);
  }

  /** Folds a window's records as they come: one value is kept, and given when the window fires. */
  reduce(reduce: ReduceFunction<T>): SingleOutputStreamOperator<T>;
  /** Likewise, and lets a function make the result of the folded value. */
  reduce<R>(reduce: ReduceFunction<T>, process: ProcessAllWindowFunction<T, R, W>): SingleOutputStreamOperator<R>;
  reduce<R>(reduce: ReduceFunction<T>, process?: ProcessAllWindowFunction<T, R, W>): SingleOutputStreamOperator<R> {
    checkPlainFunction("reduce", reduce);
    return this.fold("reduce", new ReduceFold(reduce), process && keyed("reduce", process));
  }

  /** Folds a window's records as they come into an accumulator, of which a result is made when the window fires. */
  aggregate<ACC, R>(aggregateFunction: AggregateFunction<T, ACC, R>): SingleOutputStreamOperator<R>;
  /** Likewise, and lets a function make the result of that result. */
  aggregate<ACC, V, R>(
    aggregateFunction: AggregateFunction<T, ACC, V>,
    process: ProcessAllWindowFunction<V, R, W>,
  ): SingleOutputStreamOperator<R>;
  aggregate<ACC, V, R>(
    aggregateFunction: AggregateFunction<T, ACC, V>,
    process?: ProcessAllWindowFunction<V, R, W>,
  ): SingleOutputStreamOperator<R> {
    checkAggregateFunction(aggregateFunction);
    return this.fold("aggregate", new AggregateFold(aggregateFunction), process && keyed("aggregate", process));
  }

  /** Keeps all of a window's records and lets a function make the results of them, in order of arrival. */
  process<R>(process: ProcessAllWindowFunction<T, R, W>): SingleOutputStreamOperator<R> {
    return this.list(keyed("process", process));
  }
}

/** The one key of a stream that has none. */
export function nullKey(): number {
  return 0;
}

function keyed<IN, OUT, W extends Window>(
  method: string,
  process: ProcessAllWindowFunction<IN, OUT, W>,
): ProcessWindowFunction<IN, OUT, unknown, W> {
  checkWindowFunction(method, process);
  return new WithoutKey(process);
}

/** Keeps the key from a function that wants none. */
class WithoutKey<IN, OUT, W extends Window> extends ProcessWindowFunction<IN, OUT, unknown, W> {
  readonly #function: ProcessAllWindowFunction<IN, OUT, W>;

  constructor(fn: ProcessAllWindowFunction<IN, OUT, W>) {
    super();
    this.#function = fn;
  }

  override process(_key: unknown, context: WindowContext<W>, elements: Iterable<IN>, out: Collector<OUT>): void {
    this.#function.process(context, elements, out);
  }

  override clear(context: WindowContext<W>): void {
    this.#function.clear?.(context);
  }

  override open({ name, signal }: KeyedRuntimeContext): void {
    this.#function.open?.({ name, signal });
  }

  override close(): void {
    this.#function.close?.();
  }
}
