import { mapText, partEntry, statePrefix } from "../commit_format.ts";
import type { Changes, Storable } from "./changes.ts";
import type { Undoable } from "./journal.ts";
import { type Key, type KeyId, keyId, keyIdOf } from "./key.ts";
import { NamespaceIndex } from "./namespace_index.ts";
import { checkKept, valueText } from "./value_text.ts";

/** The entries of one key in one namespace, in order of first insertion. */
interface UserMap<V> {
  readonly namespace: string;
  readonly id: KeyId;
  readonly key: Key;
  readonly entries: Map<KeyId, MapEntry<V>>;
}

/**
 * The maps of one state of one operator: one per namespace and key.
 *
 * Each entry of a map is an entry of its own in the commit: `[place in the order of insertions, value]`, so that changing one
 * stores one, and the order is known again after a restart.
 */
export class MapTable<V> {
  readonly uid: string;
  readonly name: string;
  /** What the entries of all its maps begin with. */
  readonly entryPrefix: string;
  readonly #what: string;
  readonly #changes: Changes;
  readonly #index = new NamespaceIndex<UserMap<V>>();
  #sequence = 0;

  constructor(uid: string, name: string, changes: Changes) {
    this.uid = uid;
    this.name = name;
    this.entryPrefix = statePrefix(uid, name);
    this.#what = `map state "${name}" of "${uid}"`;
    this.#changes = changes;
  }

  find(namespace: string, id: KeyId, userKey: Key): MapEntry<V> | undefined {
    return this.#index.find(namespace, id)?.entries.get(keyIdOf(this.#what, userKey));
  }

  /** @throws {TypeError} if `value` is undefined, which stands for an entry that is gone, or a commit could not keep it */
  put(namespace: string, id: KeyId, key: Key, userKey: Key, value: V): MapEntry<V> {
    this.#check(value);
    const entry = this.find(namespace, id, userKey) ?? this.#insert(namespace, id, key, userKey, this.#sequence++);
    this.#write(entry, value);
    return entry;
  }

  /** @throws {TypeError} as `put()` does */
  replace(entry: MapEntry<V>, value: V): void {
    this.#check(value);
    this.#write(entry, value);
  }

  remove(entry: MapEntry<V>): void {
    this.#write(entry, undefined);
    const { map, userKey } = entry;
    map.entries.delete(keyId(userKey));
    if (map.entries.size === 0) this.#index.delete(map);
  }

  /** The places of a map's values, in order; they may be removed on the way. */
  entries(namespace: string, id: KeyId): Iterable<MapEntry<V>> {
    return this.#index.find(namespace, id)?.entries.values() ?? [];
  }

  /** Takes an entry from the store's copy; those of one map must come in ascending order. */
  restore(namespace: string, key: Key, userKey: Key, sequence: number, value: V): MapEntry<V> {
    const entry = this.#insert(namespace, keyId(key), key, userKey, sequence);
    entry.value = value;
    entry.stored = true;
    this.#sequence = Math.max(this.#sequence, sequence + 1);
    return entry;
  }

  /** Keys that have a map in no namespace, in the order in which they got it. Maps may be cleared on the way. */
  *keys(): Generator<Key> {
    for (const { key } of this.#index.global()) yield key;
  }

  #check(value: V): void {
    if (value !== undefined) return checkKept(value, this);
    throw new TypeError(`Cannot put undefined into ${this.#what}: JSON does not keep it; use remove()`);
  }

  #insert(namespace: string, id: KeyId, key: Key, userKey: Key, sequence: number): MapEntry<V> {
    let map = this.#index.find(namespace, id);
    if (map === undefined) {
      map = { namespace, id, key, entries: new Map() };
      this.#index.add(map);
    }
    const entry = new MapEntry<V>(this, map, userKey, sequence);
    map.entries.set(keyIdOf(this.#what, userKey), entry);
    return entry;
  }

  /** Puts an entry back at its place; `undefined` if there was none. */
  undo(entry: MapEntry<V>, before: V | undefined): void {
    entry.value = before;
    this.#changes.mark(entry);
    const { map } = entry;
    const id = keyId(entry.userKey);
    if (before === undefined) {
      if (map.entries.get(id) === entry) map.entries.delete(id);
      if (map.entries.size === 0) this.#index.delete(map);
    } else if (map.entries.get(id) !== entry) {
      map.entries.set(id, entry);
      const inOrder = [...map.entries].sort(([, a], [, b]) => a.sequence - b.sequence);
      map.entries.clear();
      for (const [id, entry] of inOrder) map.entries.set(id, entry);
      this.#index.add(map);
    }
  }

  /** Every change of an entry goes by here. */
  #write(entry: MapEntry<V>, value: V | undefined): void {
    this.#changes.journal.log(entry, entry.value);
    entry.value = value;
    this.#changes.mark(entry);
  }
}

/** The place of one value in a map. */
export class MapEntry<V> implements Storable, Undoable {
  dirty = false;
  stored = false;
  value: V | undefined;
  readonly map: UserMap<V>;
  readonly userKey: Key;
  /** Its place in the order of insertions. */
  readonly sequence: number;
  readonly #table: MapTable<V>;

  constructor(table: MapTable<V>, map: UserMap<V>, userKey: Key, sequence: number) {
    this.#table = table;
    this.map = map;
    this.userKey = userKey;
    this.sequence = sequence;
    this.value = undefined;
  }

  undo(before: unknown): void {
    this.#table.undo(this, before as V | undefined);
  }

  entryKey(): string {
    const { namespace, key } = this.map;
    return partEntry(this.#table.entryPrefix, namespace, key, this.userKey);
  }

  entryValue(): string | null {
    return this.value === undefined ? null : mapText(this.sequence, valueText(this.value, this.#table));
  }
}
