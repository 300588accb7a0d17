import { partEntry, statePrefix } from "../commit_format.ts";
import type { Changes, Storable } from "./changes.ts";
import type { Undoable } from "./journal.ts";
import { type Key, type KeyId, keyId } from "./key.ts";
import { NamespaceIndex } from "./namespace_index.ts";
import { checkKept, valueText } from "./value_text.ts";

/** The elements of one key in one namespace, in order. */
interface List<T> {
  readonly namespace: string;
  readonly id: KeyId;
  readonly key: Key;
  /** Those that were removed one by one leave their place empty until it is worth closing the gaps. */
  elements: ListElement<T>[];
  removed: number;
}

/**
 * The lists of one state of one operator: one per namespace and key.
 *
 * Each element is an entry of its own in the commit, by a number that ascends over all lists of the state, so that adding one
 * to a long list stores one, and the order is known again after a restart.
 */
export class ListTable<T> {
  readonly uid: string;
  readonly name: string;
  /** What the entries of all its elements begin with. */
  readonly entryPrefix: string;
  readonly #changes: Changes;
  readonly #index = new NamespaceIndex<List<T>>();
  #sequence = 0;

  constructor(uid: string, name: string, changes: Changes) {
    this.uid = uid;
    this.name = name;
    this.entryPrefix = statePrefix(uid, name);
    this.#changes = changes;
  }

  /** The values of a list, in an array of the caller's own; empty if there is no list. */
  get(namespace: string, id: KeyId): T[] {
    return this.elements(namespace, id).map(({ value }) => value!);
  }

  /** The last value of a list; undefined if there is none. */
  last(namespace: string, id: KeyId): T | undefined {
    return this.#index.find(namespace, id)?.elements.findLast(isThere)?.value;
  }

  /** The places of a list's values, likewise. */
  elements(namespace: string, id: KeyId): ListElement<T>[] {
    const list = this.#index.find(namespace, id);
    return list === undefined ? [] : list.elements.filter(isThere);
  }

  /** @throws {TypeError} if `value` is undefined, which stands for an element that is gone, or a commit could not keep it */
  add(namespace: string, id: KeyId, key: Key, value: T): ListElement<T> {
    this.#check(value);
    const element = this.#append(namespace, id, key, this.#sequence++);
    this.#write(element, value);
    return element;
  }

  /** @throws {TypeError} as `add()` does */
  replace(element: ListElement<T>, value: T): void {
    this.#check(value);
    this.#write(element, value);
  }

  remove(element: ListElement<T>): void {
    this.#write(element, undefined);
    const { list } = element;
    list.removed++;
    // Closing gaps takes the length of the list, so it is done when half of it is gaps.
    if (list.removed * 2 <= list.elements.length) return;
    for (const gap of list.elements) gap.closed = !isThere(gap);
    list.elements = list.elements.filter(isThere);
    list.removed = 0;
    if (list.elements.length === 0) this.#index.delete(list);
  }

  clear(namespace: string, id: KeyId): void {
    const list = this.#index.find(namespace, id);
    if (list === undefined) return;
    for (const element of list.elements) if (isThere(element)) this.#write(element, undefined);
    list.removed = list.elements.length;
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

  /** Takes an element from the store's copy; those of one list must come in ascending order. */
  restore(namespace: string, key: Key, sequence: number, value: T): ListElement<T> {
    const element = this.#append(namespace, keyId(key), key, sequence);
    element.value = value;
    element.stored = true;
    this.#sequence = Math.max(this.#sequence, sequence + 1);
    return element;
  }

  /** Keys that have a list in no namespace, in the order in which they got it. Lists may be cleared on the way. */
  *keys(): Generator<Key> {
    for (const { key } of this.#index.global()) yield key;
  }

  #check(value: T): void {
    if (value !== undefined) return checkKept(value, this);
    throw new TypeError(`Cannot add undefined to list state "${this.name}" of "${this.uid}": JSON does not keep it`);
  }

  #append(namespace: string, id: KeyId, key: Key, sequence: number): ListElement<T> {
    let list = this.#index.find(namespace, id);
    if (list === undefined) {
      list = { namespace, id, key, elements: [], removed: 0 };
      this.#index.add(list);
    }
    const element = new ListElement<T>(this, list, sequence);
    list.elements.push(element);
    return element;
  }

  /** Puts an element back at its place; `undefined` if there was none. */
  undo(element: ListElement<T>, before: T | undefined): void {
    const wasThere = isThere(element);
    element.value = before;
    this.#changes.mark(element);
    const { list } = element;
    if (before === undefined) {
      if (!element.closed) list.elements = list.elements.filter((other) => other !== element);
      if (list.elements.length === 0) this.#index.delete(list);
    } else if (!wasThere) {
      if (element.closed) {
        element.closed = false;
        list.elements = [...list.elements, element].sort((a, b) => a.sequence - b.sequence);
      } else {
        list.removed--;
      }
      this.#index.add(list);
    }
  }

  /** Every change of an element goes by here. */
  #write(element: ListElement<T>, value: T | undefined): void {
    this.#changes.journal.log(element, element.value);
    element.value = value;
    this.#changes.mark(element);
  }
}

/** The place of one value in a list. */
export class ListElement<T> implements Storable, Undoable {
  dirty = false;
  stored = false;
  value: T | undefined;
  readonly list: List<T>;
  /** Its place in the order of additions. */
  readonly sequence: number;
  /** Whether its list has closed the gap that it left. */
  closed = false;
  readonly #table: ListTable<T>;

  constructor(table: ListTable<T>, list: List<T>, sequence: number) {
    this.#table = table;
    this.list = list;
    this.sequence = sequence;
    this.value = undefined;
  }

  undo(before: unknown): void {
    this.#table.undo(this, before as T | undefined);
  }

  entryKey(): string {
    const { namespace, key } = this.list;
    return partEntry(this.#table.entryPrefix, namespace, key, this.sequence);
  }

  entryValue(): string | null {
    return this.value === undefined ? null : valueText(this.value, this.#table);
  }
}

function isThere({ value }: ListElement<unknown>): boolean {
  return value !== undefined;
}
