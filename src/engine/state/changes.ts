import { Journal } from "./journal.ts";

/** An entry's name in the store and its text; `null` deletes it. `isStored`: whether the store has the entry already, if that is known. */
export type StateChange = readonly [entry: string, value: string | null, isStored?: boolean];

/** The last change of each entry. */
export function lastOf(changes: Iterable<StateChange>): Map<string, string | null> {
  const last = new Map<string, string | null>();
  for (const [entry, value] of changes) last.set(entry, value);
  return last;
}

/** Puts changes into the entries of a commit, each over those before it. */
export function applyChanges(
  entries: Map<string, string>,
  changes: Iterable<readonly [entry: string, value: string | null, ...unknown[]]>,
): void {
  for (const [entry, value] of changes) {
    if (value === null) entries.delete(entry);
    else entries.set(entry, value);
  }
}

/** Something in memory of which a copy lies in the job's store. */
export interface Storable {
  /** Whether it is on the list of changes already. */
  dirty: boolean;
  /** Whether the store has a copy. */
  stored: boolean;
  /** Whether neither the store nor the item has a value. */
  readonly isGone: boolean;
  /** Its name in the store. */
  entryKey(): string;
  /** Its text in the store, or null if it is gone. */
  entryValue(): string | null;
}

/** Fewer items that are gone are not worth a look at the list. */
const MIN_GONE = 4_096;

/**
 * What has changed since the last commit, so that a commit costs as much as changed and not as much as there is.
 *
 * An object marks itself once; its text is made only when the commit asks, however often it changed.
 */
export class Changes {
  /** What the record at work has changed. */
  readonly journal: Journal = new Journal();
  #dirty: Storable[] = [];
  /** How many items may have gone since the last look. */
  #gone = 0;

  mark(item: Storable): void {
    if (item.dirty) return;
    item.dirty = true;
    this.#dirty.push(item);
  }

  /**
   * An item is gone: unless it gets a value again there is nothing to store of it. Such items leave the list when they are half of
   * it, so that what comes and goes between two commits, as most windows do, dies young.
   */
  dropGone(): void {
    if (++this.#gone < MIN_GONE || this.#gone * 2 < this.#dirty.length) return;
    this.#gone = 0;
    const kept: Storable[] = [];
    for (const item of this.#dirty) {
      if (item.isGone) item.dirty = false;
      else kept.push(item);
    }
    this.#dirty = kept;
  }

  get isEmpty(): boolean {
    return this.#dirty.length === 0;
  }

  /** Begins a new list, for a job whose commits are not kept. */
  forget(): void {
    for (const item of this.#dirty) item.dirty = false;
    this.#dirty = [];
    this.journal.forget();
  }

  /** What `drain()` would yield now; nothing changes by it. */
  *peek(): Generator<StateChange> {
    for (const item of this.#dirty) {
      const value = item.entryValue();
      if (value !== null || item.stored) yield [item.entryKey(), value];
    }
  }

  /**
   * Yields all changes, one by one, and begins a new list. Of two changes of one entry the later counts. What came and went
   * between two commits leaves no trace. Texts are made on the way: all at once they would take more memory than the state.
   */
  *drain(): Generator<StateChange> {
    const dirty = this.#dirty;
    this.#dirty = [];
    this.journal.forget();
    for (const item of dirty) {
      item.dirty = false;
      const value = item.entryValue();
      if (value === null && !item.stored) continue;
      yield [item.entryKey(), value, item.stored];
      item.stored = value !== null;
    }
  }
}
