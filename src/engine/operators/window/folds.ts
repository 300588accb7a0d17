import type { AggregateFunction } from "../../state/functions.ts";
import type { FieldAggregate } from "../../functions/field_aggregate.ts";
import { folded, type ReduceFunction } from "../../functions/functions.ts";

/** Makes one value of a window's records as they come. What it keeps is a value in state: it is never changed. */
export interface WindowFold<T, ACC, R> {
  /** Says what is kept of a window, stored with the state; undefined: a record, made by a function. */
  readonly kept: string | undefined;
  /** What is kept of no record, if anything. */
  empty(): ACC | undefined;
  /**
   * Refuses a record that could not be folded, for a window that keeps its records until it fires; left out: only folding shows.
   * @param before a record that the window has already; undefined if it has no record
   */
  check?(value: T, before: T | undefined): void;
  /** What is kept of a window's first record. */
  first(value: T): ACC;
  next(accumulated: ACC, value: T): ACC;
  /** Of two windows that have become one. */
  merge(a: ACC, b: ACC): ACC;
  /** The result when the window fires. */
  result(accumulated: ACC): R;
}

/** A record of a record and the next. */
export class ReduceFold<T> implements WindowFold<T, T, T> {
  // Jobs in the field have state that was stored without one.
  readonly kept = undefined;
  readonly #reduce: ReduceFunction<T>;

  constructor(reduce: ReduceFunction<T>) {
    this.#reduce = reduce;
  }

  empty(): undefined {}

  first(value: T): T {
    if (value === undefined) throw new TypeError("Cannot reduce undefined in a window: its records must be values");
    return value;
  }

  next(accumulated: T, value: T): T {
    return folded(this.#reduce, accumulated, value);
  }

  merge(a: T, b: T): T {
    return folded(this.#reduce, a, b);
  }

  result(accumulated: T): T {
    return accumulated;
  }
}

/** A user's accumulator. */
export class AggregateFold<T, ACC, R> implements WindowFold<T, ACC, R> {
  readonly kept = "an accumulator";
  readonly #function: AggregateFunction<T, ACC, R>;

  constructor(aggregateFunction: AggregateFunction<T, ACC, R>) {
    this.#function = aggregateFunction;
  }

  empty(): ACC {
    return this.#function.createAccumulator();
  }

  first(value: T): ACC {
    return this.next(this.empty(), value);
  }

  next(accumulated: ACC, value: T): ACC {
    return checked("add", this.#function.add(value, accumulated));
  }

  merge(a: ACC, b: ACC): ACC {
    return checked("merge", this.#function.merge(a, b));
  }

  result(accumulated: ACC): R {
    return this.#function.getResult(accumulated);
  }
}

/** Folds records by one of their fields, as `sum()` and `maxBy()` do. */
export class FieldFold<T> implements WindowFold<T, T, T> {
  readonly kept: string;
  readonly #aggregate: FieldAggregate<T>;

  constructor(aggregate: FieldAggregate<T>) {
    this.#aggregate = aggregate;
    this.kept = aggregate.description;
  }

  empty(): undefined {}

  check(value: T, before: T | undefined): void {
    this.#aggregate.check(value);
    if (before !== undefined) this.#aggregate.checkAlike(before, value);
  }

  first(value: T): T {
    this.#aggregate.check(value);
    return value;
  }

  next(accumulated: T, value: T): T {
    this.#aggregate.check(value);
    return this.#aggregate.reduce(accumulated, value);
  }

  merge(a: T, b: T): T {
    return this.#aggregate.reduce(a, b);
  }

  result(accumulated: T): T {
    return accumulated;
  }
}

function checked<ACC>(method: string, accumulator: ACC): ACC {
  if (accumulator !== undefined) return accumulator;
  throw new TypeError(`The ${method}() of aggregate() returned undefined: it must return the accumulator`);
}
