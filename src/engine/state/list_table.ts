import { type Key, type KeyId, keyId } from "./key.ts";
import { Ledger, type SlotIndex } from "./ledger.ts";
import { NamespaceIndex } from "./namespace_index.ts";
import { insertInOrder, type Slot, type SlotGroup } from "./slot.ts";
import type { StoredSlot, Table, TableOptions } from "./table.ts";

/** The elements of one key in one namespace, in order. */
interface List<T> extends SlotGroup<T> {
  readonly key: Key;
  readonly keyId: KeyId;
  /** Those that were removed one by one leave gaps, until it is worth closing them. */
  slots: Element<T>[];
  gaps: number;
}

type Element<T> = Slot<T, List<T>>;

/**
 * The lists of one state of one operator: one per namespace and key.
 *
 * Each element is an entry of its own in the commit, by a number that ascends over all lists of the state, so that adding one
 * to a long list stores one, and the order is known again after a restart.
 */
export class ListTable<T> implements Table, SlotIndex<T> {
  readonly ledger: Ledger<T>;
  readonly #index = new NamespaceIndex<List<T>>();

  constructor(options: TableOptions) {
    this.ledger = new Ledger(this, { layout: "list", ...options });
  }

  /** The values of a list, in an array of the caller's own; empty if there is no list. Of a state without TTL. */
  get(namespace: string, id: KeyId): T[] {
    return this.slots(namespace, id).map(({ value }) => value!);
  }

  /** The last value of a list; undefined if there is no list. Of a state without TTL. */
  last(namespace: string, id: KeyId): T | undefined {
    return this.#index.find(namespace, id)?.slots.findLast(isThere)?.value;
  }

  /** The places of a list's values, in an array of the caller's own. */
  slots(namespace: string, id: KeyId): Slot<T>[] {
    return this.#index.find(namespace, id)?.slots.filter(isThere) ?? [];
  }

  /** @throws {TypeError} if `value` is undefined, which stands for an element that is gone, or a commit could not keep it */
  add(namespace: string, id: KeyId, key: Key, value: T): Slot<T> {
    const list = this.#index.find(namespace, id) ?? this.#newList(namespace, id, key);
    const place = this.ledger.nextOrder;
    return this.#append(this.ledger.add(list, place, place, value));
  }

  /** @throws {TypeError} as `add()` does */
  replace(slot: Slot<T>, value: T): void {
    this.ledger.set(slot, value);
  }

  remove(slot: Slot<T>): void {
    this.ledger.clear(slot);
    this.drop(slot as Element<T>);
  }

  clear(namespace: string, id: KeyId): void {
    const list = this.#index.find(namespace, id);
    if (list === undefined) return;
    for (const slot of list.slots) if (isThere(slot)) this.ledger.clear(slot);
    list.gaps = list.slots.length;
    this.#index.delete(list);
  }

  /** Appends the lists that one key has in `sources`, one after the other, to the one that it has in `target`. */
  mergeNamespaces(target: string, sources: Iterable<string>, id: KeyId, key: Key): void {
    for (const source of sources) {
      if (source === target) continue;
      const values = this.get(source, id);
      this.clear(source, id);
      for (const value of values) this.add(target, id, key, value);
    }
  }

  restore(stored: StoredSlot): void {
    const { namespace, key } = stored;
    const id = keyId(key);
    const list = this.#index.find(namespace, id) ?? this.#newList(namespace, id, key);
    this.#append(this.ledger.restore(list, stored.order, stored.order, stored));
  }

  /** Keys that have a list in no namespace, in the order in which they got it. Lists may be cleared on the way. */
  *keys(): Generator<Key> {
    for (const { key, slots } of this.#index.global()) {
      if (slots.some((slot) => isThere(slot) && this.ledger.isSeen(slot))) yield key;
    }
  }

  drop({ group: list }: Element<T>): void {
    list.gaps++;
    // Closing gaps takes the length of the list, so it is done when half of it is gaps.
    if (list.gaps * 2 <= list.slots.length) return;
    list.slots = list.slots.filter(isThere);
    list.gaps = 0;
    if (list.slots.length === 0) this.#index.delete(list);
  }

  putBack(slot: Element<T>): void {
    const { group: list } = slot;
    if (!insertInOrder(list.slots, slot)) list.gaps--;
    this.#index.add(list);
  }

  #newList(namespace: string, keyId: KeyId, key: Key): List<T> {
    return { ledger: this.ledger, namespace, key, keyId, slots: [], gaps: 0 };
  }

  #append(slot: Element<T>): Element<T> {
    const { group: list } = slot;
    if (list.slots.length === 0) this.#index.add(list);
    list.slots.push(slot);
    return slot;
  }
}

function isThere({ value }: Slot<unknown>): boolean {
  return value !== undefined;
}
