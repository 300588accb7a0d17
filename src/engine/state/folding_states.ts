import type { AggregateFunction, ReduceFunction } from "./functions.ts";
import type { AggregatingState, ReducingState } from "./state.ts";
import type { FoldableState } from "./value_state.ts";
import type { StateName } from "./value_text.ts";

/** Folds values into one that another state keeps. */
export class FoldingReducingState<T> implements ReducingState<T> {
  readonly #kept: FoldableState<T>;
  readonly #reduce: ReduceFunction<T>;
  readonly #name: StateName;

  constructor(kept: FoldableState<T>, reduce: ReduceFunction<T>, name: StateName) {
    this.#kept = kept;
    this.#reduce = reduce;
    this.#name = name;
  }

  add(value: T): void {
    if (value === undefined) throw nothingToKeep("add() was given", this.#name);
    const sofar = this.#kept.sofar();
    const next = sofar === undefined ? value : this.#reduce(sofar, value);
    if (next === undefined) throw nothingToKeep("its reduce function gave", this.#name);
    this.#kept.update(next);
  }

  get(): T | undefined {
    return this.#kept.value();
  }

  clear(): void {
    this.#kept.clear();
  }
}

/** Folds values into an accumulator that another state keeps. */
export class FoldingAggregatingState<IN, ACC, OUT> implements AggregatingState<IN, OUT> {
  readonly #kept: FoldableState<ACC>;
  readonly #aggregate: AggregateFunction<IN, ACC, OUT>;
  readonly #name: StateName;

  constructor(kept: FoldableState<ACC>, aggregate: AggregateFunction<IN, ACC, OUT>, name: StateName) {
    this.#kept = kept;
    this.#aggregate = aggregate;
    this.#name = name;
  }

  add(value: IN): void {
    const sofar = this.#kept.sofar() ?? this.#aggregate.createAccumulator();
    const next = this.#aggregate.add(value, sofar);
    if (next === undefined) throw nothingToKeep("add() of its aggregate function gave", this.#name);
    this.#kept.update(next);
  }

  get(): OUT | undefined {
    const accumulator = this.#kept.value();
    return accumulator === undefined ? undefined : this.#aggregate.getResult(accumulator);
  }

  clear(): void {
    this.#kept.clear();
  }
}

/** Undefined would be taken for a key without a value. */
function nothingToKeep(what: string, { name, uid }: StateName): TypeError {
  return new TypeError(`Cannot fold into state "${name}" of "${uid}": ${what} undefined`);
}
