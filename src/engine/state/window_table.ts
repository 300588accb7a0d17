import { statePrefix, valueEntry, windowText } from "../commit_format.ts";
import type { Changes, Storable } from "./changes.ts";
import type { Undoable } from "./journal.ts";
import { type Key, type KeyId, keyId } from "./key.ts";
import { checkKept, valueText } from "./value_text.ts";

/**
 * The values of windows that are open, one per window and key, each with the time at which it fires: a value and a timer in
 * one. (A job with a million keys has a million of both. Apart they are two entries to write and two to delete in commits, and
 * twice the memory.)
 *
 * The values of a window fire in the order in which its keys came, also after a restart.
 */
export class WindowTable<T> {
  readonly uid: string;
  readonly name: string;
  /** What the names of all its entries begin with. */
  readonly entryPrefix: string;
  readonly #changes: Changes;
  readonly #windows = new Map<string, OpenWindow<T>>();
  // Successive records mostly fall into the same window.
  #last: OpenWindow<T> | undefined;
  #onOpen: (window: OpenWindow<T>) => void = () => {};
  #sequence = 0;

  constructor(uid: string, name: string, changes: Changes) {
    this.uid = uid;
    this.name = name;
    this.entryPrefix = statePrefix(uid, name);
    this.#changes = changes;
  }

  /** Hands all open windows to `onOpen`, those that are open now and each that opens later. */
  whenOpen(onOpen: (window: OpenWindow<T>) => void): void {
    this.#onOpen = onOpen;
    for (const window of this.#windows.values()) onOpen(window);
  }

  /** The place of a value that is there. */
  find(namespace: string, id: KeyId): WindowEntry<T> | undefined {
    return this.#find(namespace)?.entries.get(id);
  }

  /**
   * @param timeMs when the window fires; the same for all its keys
   * @throws {TypeError} if a commit could not keep the value
   */
  add(timeMs: number, namespace: string, id: KeyId, key: Key, value: T): void {
    checkKept(value, this);
    const window = this.#find(namespace) ?? this.#open(namespace, timeMs);
    const entry = new WindowEntry(window, key, id, this.#sequence++);
    window.entries.set(id, entry);
    this.#write(entry, value);
  }

  /** @throws {TypeError} as `add()` does */
  replace(entry: WindowEntry<T>, value: T): void {
    checkKept(value, this);
    this.#write(entry, value);
  }

  /** A value has fired. */
  remove(entry: WindowEntry<T>): void {
    this.#write(entry, undefined);
  }

  /**
   * A window is about to fire: nothing is found in it any more. (To take out its values one by one would cost as much as to
   * find them.)
   */
  close(window: OpenWindow<T>): void {
    this.#windows.delete(window.namespace);
    this.#last = undefined;
    this.#changes.journal.log(window, undefined);
  }

  /** That it fired is taken back, with the record that brought event time so far: it is open as before, and fires again. */
  reopen(window: OpenWindow<T>): void {
    this.#windows.set(window.namespace, window);
    this.#onOpen(window);
  }

  /** Puts a value back; `undefined` if there was none. */
  undo(entry: WindowEntry<T>, before: T | undefined): void {
    entry.value = before;
    this.#changes.mark(entry);
    if (before === undefined) entry.window.entries.delete(entry.keyId);
  }

  /** Takes a value from the store's copy; to be called in the order of `sequence`. */
  restore(timeMs: number, namespace: string, key: Key, sequence: number, value: T): void {
    const window = this.#find(namespace) ?? this.#open(namespace, timeMs);
    const entry = new WindowEntry(window, key, keyId(key), sequence);
    entry.value = value;
    entry.stored = true;
    window.entries.set(entry.keyId, entry);
    this.#sequence = sequence + 1;
  }

  #find(namespace: string): OpenWindow<T> | undefined {
    if (namespace === this.#last?.namespace) return this.#last;
    const window = this.#windows.get(namespace);
    if (window !== undefined) this.#last = window;
    return window;
  }

  #open(namespace: string, timeMs: number): OpenWindow<T> {
    const window = new OpenWindow(this, namespace, timeMs);
    this.#windows.set(namespace, window);
    this.#last = window;
    this.#onOpen(window);
    return window;
  }

  /** Every change of a value goes by here. */
  #write(entry: WindowEntry<T>, value: T | undefined): void {
    this.#changes.journal.log(entry, entry.value);
    entry.value = value;
    this.#changes.mark(entry);
  }
}

/** A window that has values, or had some that were taken back. */
export class OpenWindow<T> implements Undoable {
  readonly namespace: string;
  readonly timeMs: number;
  /** In the order in which the keys came. */
  readonly entries = new Map<KeyId, WindowEntry<T>>();
  readonly table: WindowTable<T>;

  constructor(table: WindowTable<T>, namespace: string, timeMs: number) {
    this.table = table;
    this.namespace = namespace;
    this.timeMs = timeMs;
  }

  /** How many keys have a value. */
  get size(): number {
    return this.entries.size;
  }

  /** Closes the window. @returns what fires; each is to be removed when it has */
  fire(): Iterable<WindowEntry<T>> {
    this.table.close(this);
    return this.entries.values();
  }

  undo(): void {
    this.table.reopen(this);
  }
}

/** The place of one value; to fire at its window's time. */
export class WindowEntry<T> implements Storable, Undoable {
  dirty = false;
  stored = false;
  value: T | undefined = undefined;
  readonly window: OpenWindow<T>;
  readonly key: Key;
  readonly keyId: KeyId;
  readonly #sequence: number;

  constructor(window: OpenWindow<T>, key: Key, id: KeyId, sequence: number) {
    this.window = window;
    this.key = key;
    this.keyId = id;
    this.#sequence = sequence;
  }

  get timeMs(): number {
    return this.window.timeMs;
  }

  get namespace(): string {
    return this.window.namespace;
  }

  undo(before: unknown): void {
    this.window.table.undo(this, before as T | undefined);
  }

  entryKey(): string {
    return valueEntry(this.window.table.entryPrefix, this.namespace, this.key);
  }

  entryValue(): string | null {
    if (this.value === undefined) return null;
    return windowText(this.timeMs, this.#sequence, valueText(this.value, this.window.table));
  }
}
