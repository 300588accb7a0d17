import type { Changes, Storable } from "./changes.ts";
import { type Key, type KeyId, keyId } from "./key.ts";

/** The namespace of state that belongs to a key alone, not to one of its windows. */
export const NO_NAMESPACE = "";

/**
 * The values of one state of one operator: one per namespace (a window's id, or {@link NO_NAMESPACE}) and key.
 *
 * Namespaces come first: a window's values lie together, found by one look-up each, and go together.
 */
export class StateTable<T> {
  readonly uid: string;
  readonly name: string;
  /** What the entries of all its values begin with: `["state","uid","name",`. */
  readonly entryPrefix: string;
  readonly #changes: Changes;
  readonly #namespaces = new Map<string, Map<KeyId, StateEntry<T>>>();
  // Successive records mostly fall into the same window.
  #lastNamespace: string | undefined;
  #lastEntries!: Map<KeyId, StateEntry<T>>;

  constructor(uid: string, name: string, changes: Changes) {
    this.uid = uid;
    this.name = name;
    this.entryPrefix = `["state",${JSON.stringify(uid)},${JSON.stringify(name)},`;
    this.#changes = changes;
  }

  get(namespace: string, id: KeyId): T | undefined {
    return this.find(namespace, id)?.value;
  }

  /** The place of a value that is there, for {@link StateTable.replace}: reading and writing then take one look-up. */
  find(namespace: string, id: KeyId): StateEntry<T> | undefined {
    if (namespace === this.#lastNamespace) return this.#lastEntries.get(id);
    // Reading leaves nothing behind: a window's function may look for state that it never makes.
    return this.#namespaces.has(namespace) ? this.#entries(namespace).get(id) : undefined;
  }

  replace(entry: StateEntry<T>, value: T): void {
    entry.value = value;
    this.#changes.mark(entry);
  }

  /** Sets a value; `undefined` removes it. */
  set(namespace: string, id: KeyId, key: Key, value: T | undefined): void {
    const entries = this.#entries(namespace);
    let entry = entries.get(id);
    if (entry === undefined) {
      if (value === undefined) return;
      entry = new StateEntry(this, namespace, key);
      entries.set(id, entry);
    }
    entry.value = value;
    this.#changes.mark(entry);
    if (value === undefined) {
      entries.delete(id);
      if (entries.size === 0 && namespace !== NO_NAMESPACE) {
        this.#namespaces.delete(namespace);
        this.#lastNamespace = undefined;
      }
    }
  }

  /** Takes a value from the store's copy. */
  restore(namespace: string, key: Key, value: T): void {
    const entry = new StateEntry<T>(this, namespace, key);
    entry.value = value;
    entry.stored = true;
    this.#entries(namespace).set(keyId(key), entry);
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
    return entries;
  }
}

/** The place of one value. */
export class StateEntry<T> implements Storable {
  dirty = false;
  stored = false;
  value: T | undefined;
  readonly #table: StateTable<T>;
  readonly #namespace: string;
  readonly #key: Key;

  constructor(table: StateTable<T>, namespace: string, key: Key) {
    this.#table = table;
    this.#namespace = namespace;
    this.#key = key;
    this.value = undefined;
  }

  entryKey(): string {
    // A commit makes as many of these as there are changed values: text is cheaper than an array to make text of.
    return `${this.#table.entryPrefix}${JSON.stringify(this.#namespace)},${JSON.stringify(this.#key)}]`;
  }

  entryValue(): string | null {
    if (this.value === undefined) return null;
    let text: string | undefined;
    let cause: unknown;
    try {
      text = JSON.stringify(this.value);
    } catch (error) {
      cause = error;
    }
    if (text !== undefined) return text;
    const { name, uid } = this.#table;
    throw new TypeError(`Cannot store state "${name}" of "${uid}": a ${typeof this.value} is no JSON`, { cause });
  }
}
