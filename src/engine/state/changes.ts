/** Something in memory of which a copy lies in the job's store. */
export interface Storable {
  /** Whether it is on the list of changes already. */
  dirty: boolean;
  /** Whether the store has a copy. */
  stored: boolean;
  /** Its name in the store. */
  entryKey(): string;
  /** Its text in the store, or null if it is gone. */
  entryValue(): string | null;
}

/**
 * What has changed since the last commit, so that a commit costs as much as changed and not as much as there is.
 *
 * An object marks itself once; its text is made only when the commit asks, however often it changed.
 */
export class Changes {
  #dirty: Storable[] = [];

  mark(item: Storable): void {
    if (item.dirty) return;
    item.dirty = true;
    this.#dirty.push(item);
  }

  get isEmpty(): boolean {
    return this.#dirty.length === 0;
  }

  /** Puts all changes into `into` and begins a new list. What came and went between two commits leaves no trace. */
  drainInto(into: Map<string, string | null>): void {
    for (const item of this.#dirty) {
      item.dirty = false;
      const value = item.entryValue();
      if (value === null && !item.stored) continue;
      into.set(item.entryKey(), value);
      item.stored = value !== null;
    }
    this.#dirty = [];
  }
}
