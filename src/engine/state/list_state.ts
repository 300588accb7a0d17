import type { KeyContext } from "./key.ts";
import type { Ledger } from "./ledger.ts";
import type { ListTable } from "./list_table.ts";
import type { ListState } from "./state.ts";

/** The lists of a table, as a function sees the one of the current key and namespace. With TTL each element expires by itself. */
export class KeyedListState<T> implements ListState<T> {
  readonly #context: KeyContext;
  readonly #namespace: () => string;
  readonly #table: ListTable<T>;
  readonly #ledger: Ledger<T>;

  constructor(context: KeyContext, namespace: () => string, table: ListTable<T>) {
    this.#context = context;
    this.#namespace = namespace;
    this.#table = table;
    this.#ledger = table.ledger;
  }

  add(value: T): void {
    this.#ledger.startWrite();
    this.#add(value);
  }

  addAll(values: Iterable<T>): void {
    this.#ledger.startWrite();
    for (const value of values) this.#add(value);
  }

  update(values: Iterable<T>): void {
    this.#ledger.startWrite();
    // Elements that there are take new values: a list of n is stored as n changes, not as n that go and n that come.
    const slots = this.#table.slots(this.#namespace(), this.#context.currentKeyId).values();
    for (const value of values) {
      const { value: slot } = slots.next();
      if (slot === undefined) this.#add(value);
      else this.#table.replace(slot, value);
    }
    for (const slot of slots) this.#table.remove(slot);
  }

  get(): T[] {
    const ledger = this.#ledger;
    ledger.startRead();
    const values: T[] = [];
    for (const slot of this.#table.slots(this.#namespace(), this.#context.currentKeyId)) {
      const value = ledger.read(slot);
      if (value !== undefined) values.push(value);
    }
    ledger.endRead();
    return values;
  }

  clear(): void {
    this.#ledger.startWrite();
    this.#table.clear(this.#namespace(), this.#context.currentKeyId);
  }

  #add(value: T): void {
    const { currentKey, currentKeyId } = this.#context;
    this.#table.add(this.#namespace(), currentKeyId, currentKey, value);
  }
}
