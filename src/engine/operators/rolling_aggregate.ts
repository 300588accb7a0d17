import type { Output, StreamRecord } from "../record.ts";
import { ACCUMULATED } from "../commit_format.ts";
import type { KeyedStateBackend } from "../state/keyed_state_backend.ts";
import { NO_NAMESPACE } from "../state/namespace_index.ts";
import type { ValueTable } from "../state/value_table.ts";
import type { FieldAggregate } from "../functions/field_aggregate.ts";
import type { Operator, OperatorContext } from "./operator.ts";

/**
 * Keeps one record per key, by what its function says of one field, and emits it after every record.
 *
 * In: `T`, keyed. Out: `T`, one per record, at that record's timestamp.
 * State: {@link ACCUMULATED}, one `T` per key, never cleared: it grows with the keys.
 */
export class RollingAggregateOperator<T> implements Operator<T, T> {
  readonly #aggregate: FieldAggregate<T>;
  #state!: KeyedStateBackend;
  #accumulated!: ValueTable<T>;

  constructor(aggregate: FieldAggregate<T>) {
    this.#aggregate = aggregate;
  }

  compatibility(): Record<string, string> {
    return { aggregate: this.#aggregate.description };
  }

  open(context: OperatorContext): void {
    this.#state = context.state;
    this.#accumulated = context.state.valueTable<T>(ACCUMULATED, 1);
  }

  processElement({ value, timestampMs }: StreamRecord<T>, output: Output<T>): void {
    const { currentKey, currentKeyId } = this.#state;
    this.#aggregate.check(value);
    const accumulated = this.#accumulated.get(NO_NAMESPACE, currentKeyId);
    const next = accumulated === undefined ? value : this.#aggregate.reduce(accumulated, value);
    this.#accumulated.set(NO_NAMESPACE, currentKeyId, currentKey, next);
    output.collect(next, timestampMs);
  }
}
