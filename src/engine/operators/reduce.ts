import type { Output, StreamRecord } from "../record.ts";
import { ACCUMULATED } from "../commit_format.ts";
import type { KeyedStateBackend } from "../state/keyed_state_backend.ts";
import { NO_NAMESPACE } from "../state/namespace_index.ts";
import type { ValueTable } from "../state/value_table.ts";
import { folded, type ReduceFunction } from "../functions/functions.ts";
import type { Operator, OperatorContext } from "./operator.ts";

/**
 * Keeps one running value per key and emits it after every record.
 *
 * In: `T`, keyed. Out: `T`, one per record, at that record's timestamp.
 * State: {@link ACCUMULATED}, one `T` per key, never cleared: it grows with the keys.
 */
export class ReduceOperator<T> implements Operator<T, T> {
  readonly #reduce: ReduceFunction<T>;
  #state!: KeyedStateBackend;
  #accumulated!: ValueTable<T>;

  constructor(reduce: ReduceFunction<T>) {
    this.#reduce = reduce;
  }

  get userFunction(): unknown {
    return this.#reduce;
  }

  open(context: OperatorContext): void {
    this.#state = context.state;
    this.#accumulated = context.state.valueTable<T>(ACCUMULATED, 1);
  }

  processElement(record: StreamRecord<T>, output: Output<T>): void {
    const { currentKey, currentKeyId } = this.#state;
    const accumulated = this.#accumulated.get(NO_NAMESPACE, currentKeyId);
    // The first record of a key is its own result: reduce() never sees undefined.
    const next = accumulated === undefined ? record.value : folded(this.#reduce, accumulated, record.value);
    this.#accumulated.set(NO_NAMESPACE, currentKeyId, currentKey, next);
    output.collect(next, record.timestampMs);
  }
}
