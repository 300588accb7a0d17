import type { AggregateFunction, ReduceFunction } from "./functions.ts";
import type { AggregatingState, ReducingState } from "./state.ts";
import type { KeyedValueState } from "./value_state.ts";
import type { StateName } from "./value_text.ts";

/** Folds values into one that another state keeps. */
export class FoldingReducingState<T> implements ReducingState<T> {
  readonly #state: KeyedValueState<T>;
  readonly #reduce: ReduceFunction<T>;
  readonly #name: StateName;

  constructor(state: KeyedValueState<T>, reduce: ReduceFunction<T>, name: StateName) {
    this.#state = state;
    this.#reduce = reduce;
    this.#name = name;
  }

  add(value: T): void {
    if (value === undefined) throw nothingToKeep("add() was given", this.#name);
    const accumulated = this.#state.accumulated();
    const next = accumulated === undefined ? value : this.#reduce(accumulated, value);
    if (next === undefined) throw nothingToKeep("its reduce function returned", this.#name);
    this.#state.update(next);
  }

  get(): T | undefined {
    return this.#state.value();
  }

  clear(): void {
    this.#state.clear();
  }
}

/** Folds values into an accumulator that another state keeps. */
export class FoldingAggregatingState<IN, ACC, OUT> implements AggregatingState<IN, OUT> {
  readonly #state: KeyedValueState<ACC>;
  readonly #aggregate: AggregateFunction<IN, ACC, OUT>;
  readonly #name: StateName;

  constructor(state: KeyedValueState<ACC>, aggregate: AggregateFunction<IN, ACC, OUT>, name: StateName) {
    this.#state = state;
    this.#aggregate = aggregate;
    this.#name = name;
  }

  add(value: IN): void {
    const accumulated = this.#state.accumulated() ?? this.#aggregate.createAccumulator();
    const next = this.#aggregate.add(value, accumulated);
    if (next === undefined) throw nothingToKeep("add() of its aggregate function returned", this.#name);
    this.#state.update(next);
  }

  get(): OUT | undefined {
    const accumulator = this.#state.value();
    return accumulator === undefined ? undefined : this.#aggregate.getResult(accumulator);
  }

  clear(): void {
    this.#state.clear();
  }
}

/** Undefined would be taken for a key without a value. */
function nothingToKeep(what: string, { name, uid }: StateName): TypeError {
  return new TypeError(`Cannot fold into state "${name}" of "${uid}": ${what} undefined`);
}
