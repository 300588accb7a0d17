import type { Expiry, Timed } from "./expiry.ts";
import type { Key, KeyContext } from "./key.ts";
import type { MapEntry, MapTable } from "./map_table.ts";
import type { MapState } from "./state.ts";

/** The maps of a table, as a function sees the one of the current key and namespace. */
export class TableMapState<K extends Key, V> implements MapState<K, V> {
  readonly #context: KeyContext;
  readonly #namespace: () => string;
  readonly #table: MapTable<V>;

  constructor(context: KeyContext, namespace: () => string, table: MapTable<V>) {
    this.#context = context;
    this.#namespace = namespace;
    this.#table = table;
  }

  get(key: K): V | undefined {
    return this.#find(key)?.value;
  }

  put(key: K, value: V): void {
    this.#table.put(this.#namespace(), this.#context.currentKeyId, this.#context.currentKey, key, value);
  }

  putAll(entries: Iterable<readonly [K, V]>): void {
    for (const [key, value] of entries) this.put(key, value);
  }

  remove(key: K): void {
    const entry = this.#find(key);
    if (entry !== undefined) this.#table.remove(entry);
  }

  contains(key: K): boolean {
    return this.#find(key) !== undefined;
  }

  entries(): IterableIterator<[K, V]> {
    return mapped(this.#entries(), ({ userKey, value }) => [userKey as K, value!]);
  }

  keys(): IterableIterator<K> {
    return mapped(this.#entries(), ({ userKey }) => userKey as K);
  }

  values(): IterableIterator<V> {
    return mapped(this.#entries(), ({ value }) => value!);
  }

  isEmpty(): boolean {
    for (const _ of this.#entries()) return false;
    return true;
  }

  clear(): void {
    for (const entry of this.#entries()) this.#table.remove(entry);
  }

  #find(key: K): MapEntry<V> | undefined {
    return this.#table.find(this.#namespace(), this.#context.currentKeyId, key);
  }

  #entries(): Iterable<MapEntry<V>> {
    return this.#table.entries(this.#namespace(), this.#context.currentKeyId);
  }
}

/** Likewise, of maps whose entries expire, each on its own. */
export class TtlMapState<K extends Key, V> implements MapState<K, V> {
  readonly #context: KeyContext;
  readonly #namespace: () => string;
  readonly #table: MapTable<Timed<V>>;
  readonly #expiry: Expiry<V, MapEntry<Timed<V>>>;

  constructor(
    context: KeyContext,
    namespace: () => string,
    table: MapTable<Timed<V>>,
    expiry: Expiry<V, MapEntry<Timed<V>>>,
  ) {
    this.#context = context;
    this.#namespace = namespace;
    this.#table = table;
    this.#expiry = expiry;
  }

  get(key: K): V | undefined {
    return this.#read(key)?.value;
  }

  put(key: K, value: V): void {
    this.putAll([[key, value]]);
  }

  putAll(entries: Iterable<readonly [K, V]>): void {
    const nowMs = this.#expiry.now();
    this.#expiry.dropExpired(nowMs);
    const { currentKey, currentKeyId } = this.#context;
    for (const [key, value] of entries) {
      const entry = this.#find(key);
      if (entry !== undefined) {
        this.#expiry.write(entry, value, nowMs);
        continue;
      }
      const timed = this.#expiry.timed(value, nowMs);
      this.#expiry.added(this.#table.put(this.#namespace(), currentKeyId, currentKey, key, timed));
    }
  }

  remove(key: K): void {
    const entry = this.#find(key);
    if (entry !== undefined) this.#expiry.remove(entry);
    this.#expiry.dropExpired(this.#expiry.now());
  }

  contains(key: K): boolean {
    return this.#read(key) !== undefined;
  }

  entries(): IterableIterator<[K, V]> {
    return this.#readAll(this.#entries(), (key, value) => [key, value]);
  }

  keys(): IterableIterator<K> {
    return this.#readAll(this.#entries(), (key) => key);
  }

  values(): IterableIterator<V> {
    return this.#readAll(this.#entries(), (_key, value) => value);
  }

  /** Whether `entries()` would give nothing; renews nothing. */
  isEmpty(): boolean {
    const nowMs = this.#expiry.now();
    const { returnsExpired } = this.#expiry;
    if (!returnsExpired) this.#expiry.dropExpired(nowMs);
    for (const entry of this.#entries()) if (returnsExpired || !this.#expiry.isExpired(entry, nowMs)) return false;
    return true;
  }

  clear(): void {
    for (const entry of this.#entries()) this.#expiry.remove(entry);
    this.#expiry.dropExpired(this.#expiry.now());
  }

  #read(key: K): Timed<V> | undefined {
    const nowMs = this.#expiry.now();
    const entry = this.#find(key);
    // Before what has expired is dropped: it may be given once.
    const timed = entry && this.#expiry.read(entry, nowMs);
    this.#expiry.dropExpired(nowMs);
    return timed;
  }

  *#readAll<R>(entries: Iterable<MapEntry<Timed<V>>>, give: (key: K, value: V) => R): Generator<R> {
    const nowMs = this.#expiry.now();
    try {
      for (const entry of entries) {
        const timed = this.#expiry.read(entry, nowMs);
        if (timed !== undefined) yield give(entry.userKey as K, timed.value);
      }
    } finally {
      this.#expiry.dropExpired(nowMs);
    }
  }

  #find(key: K): MapEntry<Timed<V>> | undefined {
    return this.#table.find(this.#namespace(), this.#context.currentKeyId, key);
  }

  #entries(): Iterable<MapEntry<Timed<V>>> {
    return this.#table.entries(this.#namespace(), this.#context.currentKeyId);
  }
}

function* mapped<T, R>(things: Iterable<T>, give: (thing: T) => R): Generator<R> {
  for (const thing of things) yield give(thing);
}
