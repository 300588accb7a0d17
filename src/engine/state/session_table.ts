import { TimedHeap } from "../timed_heap.ts";
import { type Key, type KeyId, keyId } from "./key.ts";
import { Ledger, type SlotIndex } from "./ledger.ts";
import type { FirstWindow, Session, SessionBounds } from "./session.ts";
import type { Slot, SlotGroup, TimerSource } from "./slot.ts";
import type { StoredSlot, Table, TableOptions } from "./table.ts";

/** The place of a session. It stays where it is while the session grows, and so does the name of its entry. */
export type SessionSlot<T> = Slot<Session<T>, OpenSession<T>>;

/** A look at the next end moves so many timers at most. */
const MAX_MOVES = 1_000;

/**
 * The sessions of one operator that are open, each with what is kept of it and the time at which it fires: what would else be three
 * entries of a commit, which change with nearly every record, is one.
 *
 * A session grows with nearly every record, too, but its timer stays in the queue where it is: when its time comes it moves to
 * the end that the session has by then.
 */
export class SessionTable<T> implements Table, SlotIndex<Session<T>>, TimerSource {
  readonly ledger: Ledger<Session<T>>;
  /** One of the sessions of a key, nearly always the only one; it leads to the others. */
  readonly #first = new Map<KeyId, SessionSlot<T>>();
  /** Each session stands here at least once, no later than at its end. One that is no more, or twice here, is passed over. */
  readonly #timers = new TimedHeap<SessionSlot<T>>();

  constructor(options: TableOptions) {
    this.ledger = new Ledger<Session<T>>(this, { layout: "session", ...options });
  }

  /** How many sessions are open. */
  get size(): number {
    return this.ledger.size;
  }

  /**
   * The first session of a key, in order of time, that overlaps or touches the bounds.
   * @param behindMs only sessions that begin later; left out: all
   */
  find(id: KeyId, { startMs, endMs }: SessionBounds, behindMs = Number.NEGATIVE_INFINITY): SessionSlot<T> | undefined {
    let found: SessionSlot<T> | undefined;
    for (let slot = this.#first.get(id); slot !== undefined; slot = slot.group.next) {
      const { bounds } = slot.value!;
      if (bounds.startMs > endMs || bounds.endMs < startMs || bounds.startMs <= behindMs) continue;
      if (found === undefined || bounds.startMs < found.value!.bounds.startMs) found = slot;
    }
    return found;
  }

  /** The session of a key whose entry has that namespace. */
  named(id: KeyId, namespace: string): SessionSlot<T> | undefined {
    let slot = this.#first.get(id);
    while (slot !== undefined && slot.namespace !== namespace) slot = slot.group.next;
    return slot;
  }

  /**
   * Opens a session.
   * @param options.first left out: its bounds are those of its first record
   * @throws {TypeError} if a commit could not keep the value
   */
  add(
    bounds: SessionBounds & FirstWindow,
    { id, key, value, first = bounds }: {
      readonly id: KeyId;
      readonly key: Key;
      readonly value: T;
      readonly first?: FirstWindow;
    },
  ): void {
    const session: Session<T> = { bounds, order: this.ledger.nextOrder, value };
    this.#insert(this.ledger.add(new OpenSession<T>(this.ledger, first), key, id, session));
  }

  /** @throws {TypeError} as `add()` does */
  replace(slot: SessionSlot<T>, bounds: SessionBounds, value: T): void {
    const session = slot.value!;
    const order = bounds === session.bounds ? session.order : this.ledger.takeOrder();
    this.ledger.set(slot, { bounds, order, value });
  }

  /** The session is no more: it fires, or has become part of another. */
  remove(slot: SessionSlot<T>): void {
    this.ledger.clear(slot);
    this.drop(slot);
  }

  restore(stored: StoredSlot): void {
    const { namespace, key, order, startMs, timeMs } = stored;
    const bounds = { startMs: startMs!, endMs: timeMs! + 1 };
    const session = { bounds, order, value: stored.value as T };
    const group = new OpenSession<T>(this.ledger, { id: namespace });
    this.#insert(this.ledger.restore(group, key, keyId(key), { ...stored, value: session }));
  }

  // --------------------------------------------------------------------------------------------- as timers

  /** The end of the session that fires next, ms; +∞ if no session is open. */
  get nextTimeMs(): number {
    // Not without limit: somebody looks each second.
    for (let moved = 0; moved < MAX_MOVES && !this.#isFirstInPlace(); moved++);
    return this.#timers.firstTimeMs ?? Number.POSITIVE_INFINITY;
  }

  isDue(timeMs: number): boolean {
    const firstMs = this.#timers.firstTimeMs;
    return firstMs !== undefined && firstMs <= timeMs;
  }

  /** The next session that ends at `timeMs` or before. It is to be removed before it fires. */
  next(timeMs: number): SessionSlot<T> | undefined {
    while (this.isDue(timeMs)) {
      if (!this.#isFirstInPlace()) continue;
      const slot = this.#timers.pop()!;
      slot.group.timeMs = slot.value!.bounds.endMs - 1;
      return slot;
    }
    return undefined;
  }

  /** Puts the first timer where it belongs, if it does not stand there. @returns whether it stands there, or there is none */
  #isFirstInPlace(): boolean {
    const timers = this.#timers;
    const slot = timers.first;
    if (slot === undefined) return true;
    const session = slot.value;
    if (session === undefined) {
      timers.pop();
      return false;
    }
    const { bounds: { endMs }, order } = session;
    if (timers.firstTimeMs === endMs - 1 && timers.firstOrder === order) return true;
    timers.moveFirst(endMs - 1, order);
    return false;
  }

  #setTimer(slot: SessionSlot<T>): void {
    const { bounds: { endMs }, order } = slot.value!;
    this.#timers.push(endMs - 1, order, slot);
  }

  // --------------------------------------------------------------------------------------------- as an index

  drop(slot: SessionSlot<T>): void {
    const { keyId: id, group } = slot;
    const first = this.#first.get(id)!;
    if (first !== slot) {
      let before = first;
      while (before.group.next !== slot) before = before.group.next!;
      before.group.next = group.next;
    } else if (group.next === undefined) this.#first.delete(id);
    else this.#first.set(id, group.next);
    group.next = undefined;
  }

  putBack(slot: SessionSlot<T>): void {
    this.#insert(slot);
  }

  #insert(slot: SessionSlot<T>): void {
    slot.group.next = this.#first.get(slot.keyId);
    this.#first.set(slot.keyId, slot);
    this.#setTimer(slot);
  }

  /** A session has shrunk, as a record was undone that had made it grow: its timer may stand behind its end. */
  changedBack(slot: SessionSlot<T>): void {
    this.#setTimer(slot);
  }
}

/** What belongs to a session that is open, beside its value. */
export class OpenSession<T> implements SlotGroup<Session<T>> {
  readonly ledger: Ledger<Session<T>>;
  /** Another session of the same key. */
  next: SessionSlot<T> | undefined = undefined;
  /** Set when it fires: until then it may grow. */
  timeMs = 0;
  /** Its id is made when it is asked for: many sessions end before a commit needs it. */
  readonly #window: FirstWindow;

  constructor(ledger: Ledger<Session<T>>, window: FirstWindow) {
    this.ledger = ledger;
    this.#window = window;
  }

  get namespace(): string {
    return this.#window.id;
  }
}
