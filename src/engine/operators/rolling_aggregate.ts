import type { Output, StreamRecord } from "../record.ts";
import type { KeyedStateBackend } from "../state/keyed_state_backend.ts";
import { NO_NAMESPACE, type StateTable } from "../state/state_table.ts";
import type { FieldAggregate } from "../functions/field_aggregate.ts";
import type { Operator, OperatorContext } from "./operator.ts";

/**
 * Keeps one record per key, by what its function says of one field, and emits it after every record.
 *
 * In: `T`, keyed. Out: `T`, one per record, at that record's timestamp.
 * State: `sofar`, one `T` per key, never cleared: it grows with the keys.
 */
export class RollingAggregateOperator<T> implements Operator<T, T> {
  readonly #aggregate: FieldAggregate<T>;
  #state!: KeyedStateBackend;
  #sofar!: StateTable<T>;

  constructor(aggregate: FieldAggregate<T>) {
    this.#aggregate = aggregate;
  }

  stamps(): Record<string, string> {
    return { aggregate: this.#aggregate.description };
  }

  open(context: OperatorContext): void {
    this.#state = context.state;
    this.#sofar = context.state.table<T>("sofar", 1);
  }

  processElement({ value, timestampMs }: StreamRecord<T>, output: Output<T>): void {
    const { currentKey, currentKeyId } = this.#state;
    this.#aggregate.check(value);
    const sofar = this.#sofar.get(NO_NAMESPACE, currentKeyId);
    const next = sofar === undefined ? value : this.#aggregate.reduce(sofar, value);
    this.#sofar.set(NO_NAMESPACE, currentKeyId, currentKey, next);
    output.collect(next, timestampMs);
  }
}
