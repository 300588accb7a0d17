import type { KeyContext } from "./key.ts";
import type { Ledger } from "./ledger.ts";
import type { ValueState } from "./state.ts";
import type { ValueTable } from "./value_table.ts";

/** The values of a table, as a function sees the one of the current key and namespace. */
export class KeyedValueState<T> implements ValueState<T> {
  readonly #context: KeyContext;
  readonly #namespace: () => string;
  readonly #table: ValueTable<T>;
  readonly #ledger: Ledger<T>;

  constructor(context: KeyContext, namespace: () => string, table: ValueTable<T>) {
    this.#context = context;
    this.#namespace = namespace;
    this.#table = table;
    this.#ledger = table.ledger;
  }

  value(): T | undefined {
    return this.#ledger.readOne(this.#table.find(this.#namespace(), this.#context.currentKeyId));
  }

  /**
   * What the next value is folded into. That is not a read: it renews nothing. One that has expired, if such may be seen, lives
   * on (as in Flink).
   */
  accumulated(): T | undefined {
    return this.#ledger.peek(this.#table.find(this.#namespace(), this.#context.currentKeyId));
  }

  update(value: T | undefined): void {
    const { currentKey, currentKeyId } = this.#context;
    this.#ledger.startWrite();
    this.#table.set(this.#namespace(), currentKeyId, currentKey, value);
  }

  clear(): void {
    this.update(undefined);
  }
}
