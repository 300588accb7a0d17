/** Something that can be put back to what it was. */
export interface Undoable {
  /** @param before what was logged */
  undo(before: unknown): void;
}

/** Items that the lists may keep for their next use. */
const KEPT_ITEMS = 1_024;

/**
 * What the record at work has changed, so that nothing remains of it when a function throws: state, timers, outputs, counts.
 *
 * Values of state are immutable by contract, so a reference to the one before is all that it takes: a change costs a few
 * nanoseconds. Nothing is noted down outside of a record.
 */
export class Journal {
  #active = false;
  #length = 0;
  readonly #items: Undoable[] = [];
  readonly #befores: unknown[] = [];

  /** A record comes to work. */
  begin(): void {
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

  /** Puts all back, the last change first. */
  undo(): void {
    this.#active = false;
    while (this.#length > 0) {
      this.#length--;
      this.#items[this.#length]!.undo(this.#befores[this.#length]);
    }
    this.end();
  }
}
