import { type Key, type KeyId, keyId, keyIdOf } from "./key.ts";
import { Ledger, type SlotIndex } from "./ledger.ts";
import { NamespaceIndex } from "./namespace_index.ts";
import type { Slot, SlotGroup } from "./slot.ts";
import type { StoredSlot, Table, TableOptions } from "./table.ts";

/** The entries of one key in one namespace, in order of first insertion. */
interface UserMap<V> extends SlotGroup<V> {
  readonly key: Key;
  readonly keyId: KeyId;
  readonly slots: Map<KeyId, Entry<V>>;
  /** Whether `slots` are in order: those that were put back stand at the end. */
  inOrder: boolean;
}

type Entry<V> = Slot<V, UserMap<V>>;

/**
 * The maps of one state of one operator: one per namespace and key.
 *
 * Each entry of a map is an entry of its own in the commit, with its place in the order of insertions, so that changing one
 * stores one, and the order is known again after a restart.
 */
export class MapTable<V> implements Table, SlotIndex<V> {
  readonly ledger: Ledger<V>;
  readonly #what: string;
  readonly #index = new NamespaceIndex<UserMap<V>>();

  constructor(options: TableOptions) {
    this.ledger = new Ledger(this, { layout: "map", ...options });
    this.#what = `map state "${options.name}" of "${options.uid}"`;
  }

  find(namespace: string, id: KeyId, userKey: Key): Slot<V> | undefined {
    return this.#index.find(namespace, id)?.slots.get(keyIdOf(this.#what, userKey));
  }

  /** @throws {TypeError} if `value` is undefined, which stands for an entry that is gone, or a commit could not keep it */
  put(namespace: string, id: KeyId, key: Key, userKey: Key, value: V): void {
    const userKeyId = keyIdOf(this.#what, userKey);
    const map = this.#index.find(namespace, id);
    const slot = map?.slots.get(userKeyId);
    if (slot !== undefined && this.ledger.isSeen(slot)) return this.ledger.set(slot, value);
    // One that has expired and is put again is the last.
    if (slot !== undefined) this.remove(slot);
    this.#insert(this.ledger.add(map ?? this.#newMap(namespace, id, key), userKey, userKeyId, value));
  }

  /** @throws {TypeError} as `put()` does */
  replace(slot: Slot<V>, value: V): void {
    this.ledger.set(slot, value);
  }

  remove(slot: Slot<V>): void {
    this.ledger.clear(slot);
    this.drop(slot as Entry<V>);
  }

  /** The places of a map's values, in order; they may be removed on the way. */
  slots(namespace: string, id: KeyId): Iterable<Slot<V>> {
    const map = this.#index.find(namespace, id);
    if (map === undefined) return [];
    if (!map.inOrder) sort(map);
    return map.slots.values();
  }

  restore(stored: StoredSlot): void {
    const { namespace, key, part } = stored;
    const id = keyId(key);
    const map = this.#index.find(namespace, id) ?? this.#newMap(namespace, id, key);
    this.#insert(this.ledger.restore(map, part!, keyIdOf(this.#what, part), stored));
  }

  /** Keys that have a map in no namespace, in the order in which they got it. Maps may be cleared on the way. */
  *keys(): Generator<Key> {
    for (const { key, slots } of this.#index.global()) {
      if (slots.values().some((slot) => this.ledger.isSeen(slot))) yield key;
    }
  }

  drop({ group: map, keyId }: Entry<V>): void {
    map.slots.delete(keyId);
    if (map.slots.size === 0) this.#index.delete(map);
  }

  putBack(slot: Entry<V>): void {
    this.#insert(slot);
    slot.group.inOrder = false;
  }

  #newMap(namespace: string, keyId: KeyId, key: Key): UserMap<V> {
    return { ledger: this.ledger, namespace, key, keyId, slots: new Map(), inOrder: true };
  }

  #insert(slot: Entry<V>): void {
    const { group: map } = slot;
    if (map.slots.size === 0) this.#index.add(map);
    map.slots.set(slot.keyId, slot);
  }
}

function sort<V>(map: UserMap<V>): void {
  const slots = [...map.slots.values()].sort((a, b) => a.order - b.order);
  map.slots.clear();
  for (const slot of slots) map.slots.set(slot.keyId, slot);
  map.inOrder = true;
}
