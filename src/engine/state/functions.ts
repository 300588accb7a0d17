/** Folds `next` into `accumulated`. Pure; both arguments share one key. */
export type ReduceFunction<T> = (accumulated: T, next: T) => T;

/**
 * Folds values into an accumulator, and makes a result of it when one is asked for.
 *
 * Accumulators are values in state: `add()` and `merge()` return new ones and leave those that they get as they are.
 * @see Flink: AggregateFunction
 */
export interface AggregateFunction<IN, ACC, OUT> {
  /** The accumulator of nothing. */
  createAccumulator(): ACC;
  /** The accumulator with `value` in it. */
  add(value: IN, accumulator: ACC): ACC;
  /** What the accumulator comes to. */
  getResult(accumulator: ACC): OUT;
  /** One accumulator for what is in two, for windows that merge. */
  merge(a: ACC, b: ACC): ACC;
}
