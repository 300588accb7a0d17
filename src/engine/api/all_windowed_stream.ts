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
 * The records of a stream without keys, grouped by window: all of them go through one operator, without parallelism.
 *
 * Flink's `apply()` is left out: `process()` does all that it does.
 * @see Flink: AllWindowedStream
 */
export class AllWindowedStream<T, W extends Window = TimeWindow> extends BaseWindowedStream<T, W> {
  /** Made by `DataStream.windowAll()`. */
  constructor(assigner: WindowAssigner<T, W>, transform: Transform<T>) {
    super("windowAll", assigner, transform);
  }

  /** Folds a window's records as they arrive: one value is kept, and emitted when the window fires. */
  reduce(reduce: ReduceFunction<T>): SingleOutputStreamOperator<T>;
  /** Folds a window's records as they arrive, and calls `process` with the folded value when the window fires. */
  reduce<R>(reduce: ReduceFunction<T>, process: ProcessAllWindowFunction<T, R, W>): SingleOutputStreamOperator<R>;
  reduce<R>(reduce: ReduceFunction<T>, process?: ProcessAllWindowFunction<T, R, W>): SingleOutputStreamOperator<R> {
    checkPlainFunction("reduce", reduce);
    return this.fold("reduce", new ReduceFold(reduce), process && keyed("reduce", process));
  }

  /** Folds a window's records into an accumulator as they arrive, and emits the result of it when the window fires. */
  aggregate<ACC, R>(aggregateFunction: AggregateFunction<T, ACC, R>): SingleOutputStreamOperator<R>;
  /** Folds a window's records into an accumulator as they arrive, and calls `process` with its result when the window fires. */
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

  /** Keeps all records of a window, in order of arrival, and calls `process` with them when the window fires. */
  process<R>(process: ProcessAllWindowFunction<T, R, W>): SingleOutputStreamOperator<R> {
    return this.list(keyed("process", process));
  }
}

/** The key of all records of a stream without keys. */
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

/** Calls a function that takes no key. */
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

  override open({ name, signal, metrics }: KeyedRuntimeContext): void {
    this.#function.open?.({ name, signal, metrics });
  }

  override close(): void {
    this.#function.close?.();
  }
}
