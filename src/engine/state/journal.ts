/** Something that can be put back to what it was. */
export interface Undoable {
  /** @param before what was logged */
  undo(before: unknown): void;
}

/** Items that the lists may keep for their next use. */
const KEPT_ITEMS = 1_024;

/**
 * What the record at work has changed, so that nothing remains of it when a function throws: state, timers, outputs.
 *
 * Values of state are immutable by contract, so a reference to the one before is all that it takes: a change costs a few
 * nanoseconds. Nothing is noted down outside of a record.
 */
export class Journal {
  /** The number of the record at work, or of the last one. */
  record = 0;
  #active = false;
  #length = 0;
  readonly #items: Undoable[] = [];
  readonly #befores: unknown[] = [];
  readonly #followers: Undoable[] = [];

  /** For what nearly every record changes, and which knows by the record's number what belongs to the one at work. */
  follow(follower: Undoable): void {
    this.#followers.push(follower);
  }

  /** A record comes to work. */
  begin(): void {
    this.record++;
    this.#length = 0;
    this.#active = true;
  }

  /** All has gone well. */
  end(): void {
    this.#active = false;
    if (this.#length <= KEPT_ITEMS) return;
    this.#items.length = KEPT_ITEMS;
    this.#befores.length = KEPT_ITEMS;
  }

  log(item: Undoable, before: unknown): void {
    if (!this.#active) return;
    this.#items[this.#length] = item;
    this.#befores[this.#length++] = before;
  }

  /** Lets go of what earlier records have changed: an item may hold a whole window. To be called between two records. */
  forget(): void {
    this.#items.length = 0;
    this.#befores.length = 0;
  }

  /** Puts all back, the last change first. */
  undo(): void {
    this.#active = false;
    while (this.#length > 0) {
      this.#length--;
      this.#items[this.#length]!.undo(this.#befores[this.#length]);
    }
    for (const follower of this.#followers) follower.undo(undefined);
    this.end();
  }
}
