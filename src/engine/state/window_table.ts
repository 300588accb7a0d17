import type { Changes } from "./changes.ts";
import type { Undoable } from "./journal.ts";
import { type Key, type KeyId, keyId } from "./key.ts";
import { Ledger, type SlotIndex } from "./ledger.ts";
import type { Slot, SlotGroup, TimerGroup } from "./slot.ts";
import type { StoredSlot, Table, TableOptions } from "./table.ts";

/**
 * The values of windows that are open, one per window and key, each with the time at which it fires: a value and a timer in
 * one. (A job with a million keys has a million of both. Apart they are two entries to write and two to delete in commits, and
 * twice the memory.)
 *
 * The values of a window fire in the order in which its keys came, also after a restart.
 */
export class WindowTable<T> implements Table, SlotIndex<T>, Undoable {
  readonly ledger: Ledger<T>;
  readonly #changes: Changes;
  readonly #windows = new Map<string, OpenWindow<T>>();
  // Successive records mostly fall into the same window.
  #last: OpenWindow<T> | undefined;
  #onOpen: (window: OpenWindow<T>) => void = () => {};

  constructor(options: TableOptions) {
    this.ledger = new Ledger(this, { layout: "window", ...options });
    this.#changes = options.changes;
  }

  /** Hands all open windows to `onOpen`, those that are open now and each that opens later. */
  whenOpen(onOpen: (window: OpenWindow<T>) => void): void {
    this.#onOpen = onOpen;
    for (const window of this.#windows.values()) onOpen(window);
  }

  /** The slot of a value; undefined if the window has no value for that key. */
  find(namespace: string, id: KeyId): Slot<T> | undefined {
    return this.#find(namespace)?.slots.get(id);
  }

  /**
   * @param timeMs when the window fires; the same for all its keys
   * @throws {TypeError} if a commit could not keep the value
   */
  add(timeMs: number, namespace: string, id: KeyId, key: Key, value: T): void {
    const window = this.#find(namespace) ?? new OpenWindow(this, namespace, timeMs);
    this.#insert(this.ledger.add(window, key, id, value));
  }

  /** @throws {TypeError} as `add()` does */
  replace(slot: Slot<T>, value: T): void {
    this.ledger.set(slot, value);
  }

  /** A value has fired. Its window is closed, so it is found no more. */
  remove(slot: Slot<T>): void {
    this.ledger.clear(slot);
  }

  /**
   * A window is about to fire: nothing is found in it any more. (To take out its values one by one would cost as much as to
   * find them.)
   */
  close(window: OpenWindow<T>): void {
    this.#windows.delete(window.namespace);
    this.#last = undefined;
    this.#changes.journal.log(this, window);
  }

  /** Undoes the firing of a window, with the record that advanced event time to its end: it is open again, and fires again. */
  undo(closed: unknown): void {
    this.#open(closed as OpenWindow<T>);
  }

  restore(stored: StoredSlot): void {
    const { namespace, key } = stored;
    const window = this.#find(namespace) ?? new OpenWindow(this, namespace, stored.timeMs!);
    this.#insert(this.ledger.restore(window, key, keyId(key), stored));
  }

  drop({ group: window, keyId }: Slot<T, OpenWindow<T>>): void {
    window.slots.delete(keyId);
  }

  /** Nothing to do: a value that has fired is still in its window. */
  putBack(): void {}

  #insert(slot: Slot<T, OpenWindow<T>>): void {
    const { group: window } = slot;
    if (window !== this.#last) this.#open(window);
    window.slots.set(slot.keyId, slot);
  }

  #find(namespace: string): OpenWindow<T> | undefined {
    if (namespace === this.#last?.namespace) return this.#last;
    const window = this.#windows.get(namespace);
    if (window !== undefined) this.#last = window;
    return window;
  }

  #open(window: OpenWindow<T>): void {
    this.#windows.set(window.namespace, window);
    this.#last = window;
    this.#onOpen(window);
  }
}

/** A window that has values, or had some that were undone. */
export class OpenWindow<T> implements SlotGroup<T>, TimerGroup {
  readonly ledger: Ledger<T>;
  readonly namespace: string;
  readonly timeMs: number;
  /** In the order in which the keys came. */
  readonly slots: Map<KeyId, Slot<T, OpenWindow<T>>> = new Map();
  readonly #table: WindowTable<T>;

  constructor(table: WindowTable<T>, namespace: string, timeMs: number) {
    this.ledger = table.ledger;
    this.namespace = namespace;
    this.timeMs = timeMs;
    this.#table = table;
  }

  /** How many keys have a value. */
  get size(): number {
    return this.slots.size;
  }

  /** Closes the window. @returns what fires; each is to be removed when it has */
  fire(): IterableIterator<Slot<T>> {
    this.#table.close(this);
    return this.slots.values();
  }
}
