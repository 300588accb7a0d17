import { statePrefix, valueEntry } from "../commit_format.ts";
import type { Changes, Storable } from "./changes.ts";
import type { Undoable } from "./journal.ts";
import { type Key, type KeyId, keyId } from "./key.ts";
import { NO_NAMESPACE } from "./namespace_index.ts";
import { checkKept, valueText } from "./value_text.ts";

export { NO_NAMESPACE } from "./namespace_index.ts";

/**
 * The values of one state of one operator: one per namespace (a window's id, or {@link NO_NAMESPACE}) and key.
 *
 * Namespaces come first: a window's values lie together, found by one look-up each, and go together. (Most records of
 * a keyed job come by here. So this one has its maps in itself, not in a `NamespaceIndex` like other tables.)
 */
export class StateTable<T> {
  readonly uid: string;
  readonly name: string;
  /** What the names of all its entries begin with. */
  readonly entryPrefix: string;
  readonly #changes: Changes;
  readonly #namespaces = new Map<string, Map<KeyId, StateEntry<T>>>();
  // Successive records mostly fall into the same window.
  #lastNamespace: string | undefined;
  #lastEntries!: Map<KeyId, StateEntry<T>>;
  // What was looked up there last: who reads a value mostly writes it next, and with many keys each look-up is several misses
  // of the processor's caches.
  #lastId: KeyId | undefined;
  #lastEntry: StateEntry<T> | undefined;

  constructor(uid: string, name: string, changes: Changes) {
    this.uid = uid;
    this.name = name;
    this.entryPrefix = statePrefix(uid, name);
    this.#changes = changes;
  }

  get(namespace: string, id: KeyId): T | undefined {
    return this.find(namespace, id)?.value;
  }

  /** The place of a value that is there, for {@link StateTable.replace}: reading and writing then take one look-up. */
  find(namespace: string, id: KeyId): StateEntry<T> | undefined {
    // Reading leaves nothing behind: a window's function may look for state that it never makes.
    if (namespace !== this.#lastNamespace && !this.#namespaces.has(namespace)) return undefined;
    return this.#lookUp(this.#entries(namespace), id);
  }

  /** @throws {TypeError} if a commit could not keep the value */
  replace(entry: StateEntry<T>, value: T): void {
    checkKept(value, this);
    this.#write(entry, value);
  }

  /** Sets a value; `undefined` removes it. @throws {TypeError} as `replace()` does */
  set(namespace: string, id: KeyId, key: Key, value: T | undefined): void {
    if (value !== undefined) checkKept(value, this);
    const entries = this.#entries(namespace);
    let entry = this.#lookUp(entries, id);
    if (entry === undefined) {
      if (value === undefined) return this.#forgetIfEmpty(namespace, entries);
      entry = new StateEntry(this, namespace, key);
      entries.set(id, entry);
      this.#lastEntry = entry;
    }
    this.#write(entry, value);
    if (value === undefined) {
      entries.delete(id);
      this.#lastEntry = undefined;
      this.#forgetIfEmpty(namespace, entries);
    }
  }

  /** Puts a value back; `undefined` if there was none. */
  undo(entry: StateEntry<T>, before: T | undefined): void {
    entry.value = before;
    this.#changes.mark(entry);
    const entries = this.#entries(entry.namespace);
    this.#lastId = undefined;
    const id = keyId(entry.key);
    if (before !== undefined) entries.set(id, entry);
    else if (entries.get(id) === entry) entries.delete(id);
    this.#forgetIfEmpty(entry.namespace, entries);
  }

  /** Every change of a value goes by here. */
  #write(entry: StateEntry<T>, value: T | undefined): void {
    this.#changes.journal.log(entry, entry.value);
    entry.value = value;
    this.#changes.mark(entry);
  }

  remove(entry: StateEntry<T>): void {
    this.set(entry.namespace, keyId(entry.key), entry.key, undefined);
  }

  /**
   * Folds the values that one key has in `sources` into the one that it has in `target`, if any; in `sources` it has none
   * from then on. A `target` among them stays.
   */
  mergeNamespaces(
    target: string,
    sources: Iterable<string>,
    id: KeyId,
    key: Key,
    merge: (sofar: T, next: T) => T,
  ): void {
    const entries = [...new Set(sources)].flatMap((source) => source === target ? [] : this.find(source, id) ?? []);
    if (entries.length === 0) return;
    let merged = this.get(target, id);
    // If this throws, nothing has happened yet.
    for (const { value } of entries) {
      merged = merged === undefined ? value : merge(merged, value!);
      if (merged !== undefined) continue;
      throw new TypeError(`Cannot merge values of state "${this.name}" of "${this.uid}": its function gave undefined`);
    }
    checkKept(merged, this);
    for (const { namespace } of entries) this.set(namespace, id, key, undefined);
    this.set(target, id, key, merged);
  }

  /** Takes a value from the store's copy. */
  restore(namespace: string, key: Key, value: T): StateEntry<T> {
    const entry = new StateEntry<T>(this, namespace, key);
    entry.value = value;
    entry.stored = true;
    this.#entries(namespace).set(keyId(key), entry);
    this.#lastId = undefined;
    return entry;
  }

  /** Keys that have a value in no namespace, in the order in which they got it. Values may be removed on the way. */
  *keys(): Generator<Key> {
    for (const { key } of this.#namespaces.get(NO_NAMESPACE)?.values() ?? []) yield key;
  }

  /** How many values there are. */
  get size(): number {
    let size = 0;
    for (const entries of this.#namespaces.values()) size += entries.size;
    return size;
  }

  #entries(namespace: string): Map<KeyId, StateEntry<T>> {
    if (namespace === this.#lastNamespace) return this.#lastEntries;
    let entries = this.#namespaces.get(namespace);
    if (entries === undefined) {
      entries = new Map();
      this.#namespaces.set(namespace, entries);
    }
    this.#lastNamespace = namespace;
    this.#lastEntries = entries;
    this.#lastId = undefined;
    return entries;
  }

  /** In the entries of the last namespace. */
  #lookUp(entries: Map<KeyId, StateEntry<T>>, id: KeyId): StateEntry<T> | undefined {
    if (id === this.#lastId) return this.#lastEntry;
    this.#lastId = id;
    return this.#lastEntry = entries.get(id);
  }

  #forgetIfEmpty(namespace: string, entries: Map<KeyId, StateEntry<T>>): void {
    if (entries.size > 0 || namespace === NO_NAMESPACE) return;
    this.#namespaces.delete(namespace);
    this.#lastNamespace = undefined;
    this.#lastId = undefined;
  }
}

/** The place of one value. */
export class StateEntry<T> implements Storable, Undoable {
  dirty = false;
  stored = false;
  value: T | undefined;
  readonly namespace: string;
  readonly key: Key;
  readonly #table: StateTable<T>;

  constructor(table: StateTable<T>, namespace: string, key: Key) {
    this.#table = table;
    this.namespace = namespace;
    this.key = key;
    this.value = undefined;
  }

  undo(before: unknown): void {
    this.#table.undo(this, before as T | undefined);
  }

  entryKey(): string {
    return valueEntry(this.#table.entryPrefix, this.namespace, this.key);
  }

  entryValue(): string | null {
    return this.value === undefined ? null : valueText(this.value, this.#table);
  }
}
