/** Something that can be put back to what it was. */
export interface Undoable {
  /** @param before what was logged */
  undo(before: unknown): void;
}

/** Something that nearly every record changes: it keeps what it needs to undo that by itself, and logs nothing. */
export interface Follower extends Undoable {
  /** How it is now, for {@link Follower.undoPart}. */
  mark(): unknown;
  /** Puts it back to what it was at `mark()`, in the middle of a record. */
  undoPart(mark: unknown): void;
}

/** Items that the lists may keep for their next use. */
const KEPT_ITEMS = 1_024;

/**
 * What the record at work has changed, so that nothing remains of it when a function throws: state, timers, outputs.
 *
 * Values of state are immutable by contract, so a reference to the one before is all that it takes, and a change costs
 * almost nothing. Nothing is logged outside of a record.
 */
export class Journal {
  /** The number of the record at work, or of the last one. */
  record = 0;
  #active = false;
  #length = 0;
  readonly #items: Undoable[] = [];
  readonly #previousValues: unknown[] = [];
  readonly #followers: Follower[] = [];

  /** Has `follower` undo its changes too. It knows by the record's number what belongs to the record at work. */
  follow(follower: Follower): void {
    this.#followers.push(follower);
  }

  /** Whether a record is at work, so that what is done now is undone if its function throws. */
  get isActive(): boolean {
    return this.#active;
  }

  /** A record is at work from now on. */
  begin(): void {
    this.record++;
    this.#length = 0;
    this.#active = true;
  }

  /** The record at work has gone all its way: it cannot be undone any more. */
  end(): void {
    this.#active = false;
    if (this.#length <= KEPT_ITEMS) return;
    this.#items.length = KEPT_ITEMS;
    this.#previousValues.length = KEPT_ITEMS;
  }

  /**
   * Does something that can be undone by itself, amid the record at work, or with none at work.
   * @throws what `work` throws; nothing remains of what it did
   */
  part(work: () => void): void {
    const ofRecord = this.#active;
    if (!ofRecord) this.begin();
    const from = this.#length;
    const marks = ofRecord ? this.#followers.map((follower) => follower.mark()) : [];
    try {
      work();
    } catch (error) {
      if (!ofRecord) this.undo();
      else {
        this.#undoFrom(from);
        for (const [i, follower] of this.#followers.entries()) follower.undoPart(marks[i]);
        this.#active = true;
      }
      throw error;
    }
    if (!ofRecord) this.end();
  }

  log(item: Undoable, before: unknown): void {
    if (!this.#active) return;
    this.#items[this.#length] = item;
    this.#previousValues[this.#length++] = before;
  }

  /** How much has been logged of the record at work. */
  get length(): number {
    return this.#length;
  }

  /** What was logged from `from` on: the items, and what each was before. */
  *since(from: number): Generator<{ readonly item: Undoable; readonly before: unknown }> {
    for (let i = from; i < this.#length; i++) yield { item: this.#items[i]!, before: this.#previousValues[i] };
  }

  /** Lets go of what earlier records have changed: an item may hold a whole window. To be called between two records. */
  forget(): void {
    this.#items.length = 0;
    this.#previousValues.length = 0;
  }

  /** Puts all back, the last change first. */
  undo(): void {
    this.#undoFrom(0);
    for (const follower of this.#followers) follower.undo(undefined);
    this.end();
  }

  #undoFrom(length: number): void {
    this.#active = false;
    while (this.#length > length) {
      this.#length--;
      this.#items[this.#length]!.undo(this.#previousValues[this.#length]);
    }
  }
}
