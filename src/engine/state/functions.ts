import type { Key } from "./key.ts";

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

/** Which of the stored values is to be converted. */
export interface MigrationContext {
  /** The version that wrote it. */
  readonly version: number;
  /** Whose value it is; null in broadcast state, which belongs to no key. */
  readonly key: Key;
  /** Under which key a map has it; undefined in states of other kinds. */
  readonly mapKey: Key | undefined;
}

/** Makes the value that the described version keeps out of one that an older version has stored. */
export type Migrate = (old: unknown, context: MigrationContext) => unknown;
