import type { Output, StreamRecord } from "../record.ts";
import { NO_NAMESPACE, type StateTable } from "../state/state_table.ts";
import type { KeyedStateBackend } from "../state/keyed_state_backend.ts";
import { folded, type ReduceFunction } from "../functions/functions.ts";
import type { Operator, OperatorContext } from "./operator.ts";

/**
 * Keeps one running value per key and emits it after every record.
 *
 * In: `T`, keyed. Out: `T`, one per record, at that record's timestamp.
 * State: `sofar`, one `T` per key, never cleared: it grows with the keys.
 */
export class ReduceOperator<T> implements Operator<T, T> {
  readonly #reduce: ReduceFunction<T>;
  #state!: KeyedStateBackend;
  #sofar!: StateTable<T>;

  constructor(reduce: ReduceFunction<T>) {
    this.#reduce = reduce;
  }

  open(context: OperatorContext): void {
    this.#state = context.state;
    this.#sofar = context.state.table<T>("sofar", 1);
  }

  processElement(record: StreamRecord<T>, output: Output<T>): void {
    const { currentKey, currentKeyId } = this.#state;
    const sofar = this.#sofar.get(NO_NAMESPACE, currentKeyId);
    // The first record of a key is its own result: reduce() never sees undefined.
    const next = sofar === undefined ? record.value : folded(this.#reduce, sofar, record.value);
    this.#sofar.set(NO_NAMESPACE, currentKeyId, currentKey, next);
    output.collect(next, record.timestampMs);
  }
}
