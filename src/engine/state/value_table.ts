import { type Key, type KeyId, keyId } from "./key.ts";
import { Ledger, type SlotIndex } from "./ledger.ts";
import { NO_NAMESPACE } from "./namespace_index.ts";
import type { Slot, SlotGroup } from "./slot.ts";
import type { StoredSlot, Table, TableOptions } from "./table.ts";
import { checkKept } from "./value_text.ts";

/** The values of one window, or those that belong to keys alone. */
interface Namespace<T> {
  /** Apart from the map: what waits for the next commit holds on to it. */
  readonly group: SlotGroup<T>;
  readonly slots: Map<KeyId, Slot<T>>;
}

/**
 * The values of one state of one operator: one per namespace (a window's id, or {@link NO_NAMESPACE}) and key.
 *
 * Namespaces come first: a window's values lie together, found by one look-up each, and go together.
 */
export class ValueTable<T> implements Table, SlotIndex<T> {
  readonly ledger: Ledger<T>;
  readonly #namespaces = new Map<string, Namespace<T>>();
  // What was looked up last: successive records mostly fall into the same window, and who reads a value mostly writes it next.
  // With many keys each look-up is several misses of the processor's caches.
  #lastNamespace: string | undefined;
  #last!: Namespace<T>;
  #lastId: KeyId | undefined;
  #lastSlot: Slot<T> | undefined;

  constructor(options: TableOptions) {
    this.ledger = new Ledger(this, { layout: "value", ...options });
  }

  /** A value of a state without TTL. */
  get(namespace: string, id: KeyId): T | undefined {
    return this.find(namespace, id)?.value;
  }

  /** The place of a value that is there, for {@link ValueTable.replace}: reading and writing then take one look-up. */
  find(namespace: string, id: KeyId): Slot<T> | undefined {
    if (id === this.#lastId && namespace === this.#lastNamespace) return this.#lastSlot;
    const values = this.#find(namespace);
    // Reading leaves nothing behind: a window's function may look for state that it never makes.
    if (values === undefined) return undefined;
    this.#lastId = id;
    return this.#lastSlot = values.slots.get(id);
  }

  /** @throws {TypeError} if a commit could not keep the value */
  replace(slot: Slot<T>, value: T): void {
    this.ledger.set(slot, value);
  }

  /** Sets a value; `undefined` removes it. @throws {TypeError} as `replace()` does */
  set(namespace: string, id: KeyId, key: Key, value: T | undefined): void {
    const slot = this.find(namespace, id);
    if (value === undefined) {
      if (slot === undefined) return;
      this.ledger.clear(slot);
      this.drop(slot);
    } else if (slot !== undefined) {
      this.ledger.set(slot, value);
    } else {
      this.putBack(this.ledger.add(this.#groupOf(namespace), key, id, value));
    }
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
    merge: (accumulated: T, next: T) => T,
  ): void {
    const slots = [...new Set(sources)].flatMap((source) => source === target ? [] : this.find(source, id) ?? []);
    if (slots.length === 0) return;
    let merged = this.get(target, id);
    // If this throws, nothing has happened yet.
    for (const { value } of slots) {
      merged = merged === undefined ? value : merge(merged, value!);
      if (merged !== undefined) continue;
      const { name, uid } = this.ledger;
      throw new TypeError(`Cannot merge values of state "${name}" of "${uid}": its function returned undefined`);
    }
    checkKept(merged, this.ledger);
    for (const { namespace } of slots) this.set(namespace, id, key, undefined);
    this.set(target, id, key, merged);
  }

  restore(stored: StoredSlot): void {
    const { namespace, key } = stored;
    this.putBack(this.ledger.restore(this.#groupOf(namespace), key, keyId(key), stored));
  }

  /** Keys that have a value in no namespace, in the order in which they got it. Values may be removed on the way. */
  *keys(): Generator<Key> {
    for (const slot of this.#namespaces.get(NO_NAMESPACE)?.slots.values() ?? []) {
      if (this.ledger.isSeen(slot)) yield slot.key;
    }
  }

  drop({ namespace, keyId }: Slot<T>): void {
    const { slots } = this.#find(namespace)!;
    slots.delete(keyId);
    this.#lastId = undefined;
    if (slots.size > 0 || namespace === NO_NAMESPACE) return;
    this.#namespaces.delete(namespace);
    this.#lastNamespace = undefined;
  }

  /** A slot is to be found from now on: as a new one, too, as values have no order. */
  putBack(slot: Slot<T>): void {
    const { group, keyId } = slot;
    const values = this.#find(group.namespace) ?? this.#open(group);
    values.slots.set(keyId, slot);
    this.#lastId = keyId;
    this.#lastSlot = slot;
  }

  #groupOf(namespace: string): SlotGroup<T> {
    return this.#find(namespace)?.group ?? { ledger: this.ledger, namespace };
  }

  #find(namespace: string): Namespace<T> | undefined {
    if (namespace === this.#lastNamespace) return this.#last;
    const values = this.#namespaces.get(namespace);
    return values && this.#remember(values);
  }

  #open(group: SlotGroup<T>): Namespace<T> {
    const values: Namespace<T> = { group, slots: new Map() };
    this.#namespaces.set(group.namespace, values);
    return this.#remember(values);
  }

  #remember(values: Namespace<T>): Namespace<T> {
    this.#lastNamespace = values.group.namespace;
    this.#last = values;
    this.#lastId = undefined;
    return values;
  }
}
