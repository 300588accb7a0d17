import type { Key, KeyContext } from "./key.ts";
import type { Ledger } from "./ledger.ts";
import type { MapTable } from "./map_table.ts";
import type { Slot } from "./slot.ts";
import type { MapState } from "./state.ts";

/** The maps of a table, as a function sees the one of the current key and namespace. With TTL each entry expires by itself. */
export class KeyedMapState<K extends Key, V> implements MapState<K, V> {
  readonly #context: KeyContext;
  readonly #namespace: () => string;
  readonly #table: MapTable<V>;
  readonly #ledger: Ledger<V>;

  constructor(context: KeyContext, namespace: () => string, table: MapTable<V>) {
    this.#context = context;
    this.#namespace = namespace;
    this.#table = table;
    this.#ledger = table.ledger;
  }

  get(key: K): V | undefined {
    return this.#ledger.readOne(this.#find(key));
  }

  put(key: K, value: V): void {
    this.#ledger.startWrite();
    this.#put(key, value);
  }

  putAll(entries: Iterable<readonly [K, V]>): void {
    this.#ledger.startWrite();
    for (const [key, value] of entries) this.#put(key, value);
  }

  remove(key: K): void {
    this.#ledger.startWrite();
    const slot = this.#find(key);
    if (slot !== undefined) this.#table.remove(slot);
  }

  contains(key: K): boolean {
    return this.get(key) !== undefined;
  }

  entries(): IterableIterator<[K, V]> {
    return this.#read(this.#slots(), (key, value) => [key, value]);
  }

  keys(): IterableIterator<K> {
    return this.#read(this.#slots(), (key) => key);
  }

  values(): IterableIterator<V> {
    return this.#read(this.#slots(), (_key, value) => value);
  }

  /** Whether `entries()` would return nothing; renews nothing. */
  isEmpty(): boolean {
    this.#ledger.startRead();
    for (const slot of this.#slots()) if (this.#ledger.peek(slot) !== undefined) return false;
    return true;
  }

  clear(): void {
    this.#ledger.startWrite();
    for (const slot of this.#slots()) this.#table.remove(slot);
  }

  #find(key: K): Slot<V> | undefined {
    return this.#table.find(this.#namespace(), this.#context.currentKeyId, key);
  }

  #slots(): Iterable<Slot<V>> {
    return this.#table.slots(this.#namespace(), this.#context.currentKeyId);
  }

  #put(key: K, value: V): void {
    const { currentKey, currentKeyId } = this.#context;
    this.#table.put(this.#namespace(), currentKeyId, currentKey, key, value);
  }

  *#read<R>(slots: Iterable<Slot<V>>, result: (key: K, value: V) => R): Generator<R> {
    const ledger = this.#ledger;
    ledger.startRead();
    try {
      for (const slot of slots) {
        const value = ledger.read(slot);
        if (value !== undefined) yield result(slot.key as K, value);
      }
    } finally {
      ledger.endRead();
    }
  }
}
