import type { ProcessWindowFunction, ReduceFunction } from "../operators/functions.ts";
import type { Operator } from "../operators/operator.ts";
import { WindowOperator } from "../operators/window.ts";
import type { WindowAssigner } from "../windows/window.ts";
import { checkFunction, type SingleOutputStreamOperator } from "./data_stream.ts";

type Transform<T> = <R>(operation: string, create: () => Operator<T, R>) => SingleOutputStreamOperator<R>;

/** Each key's records by window. */
export class WindowedStream<T, K> {
  readonly #assigner: WindowAssigner;
  readonly #transform: Transform<T>;

  /** See `KeyedStream.window()`. */
  constructor(assigner: WindowAssigner, transform: Transform<T>) {
    this.#assigner = assigner;
    this.#transform = transform;
  }

  /** Folds a window's records as they come: one value is kept, and given when the window's time is over. */
  reduce(reduce: ReduceFunction<T>): SingleOutputStreamOperator<T>;
  /** Likewise, and lets a function make the result of the folded value. */
  reduce<R>(reduce: ReduceFunction<T>, process: ProcessWindowFunction<T, R, K>): SingleOutputStreamOperator<R>;
  reduce<R>(reduce: ReduceFunction<T>, process?: ProcessWindowFunction<T, R, K>): SingleOutputStreamOperator<R> {
    checkFunction("reduce", reduce);
    return this.#transform("window reduce", () => new WindowOperator<T, R, K>(this.#assigner, reduce, process));
  }
}
