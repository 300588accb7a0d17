import type { Storable } from "./changes.ts";
import type { Undoable } from "./journal.ts";
import type { Key, KeyId } from "./key.ts";

/** What a slot asks of its ledger. */
export interface SlotOwner<T> {
  undo(slot: Slot<T>, before: T | undefined): void;
  nameOf(slot: Slot<T>): string;
  textOf(slot: Slot<T>): string | null;
}

/** What fires at its time: a timer, or what an open window has of a key. */
export interface Timer {
  readonly timeMs: number;
  /** Id of the window that it belongs to, or `NO_NAMESPACE`. */
  readonly namespace: string;
  readonly key: Key;
  readonly keyId: KeyId;
}

/** Timers of one time that belong together. */
export interface TimerGroup {
  readonly timeMs: number;
  /** How many there are. */
  readonly size: number;
  /** Those that fire, in this order, from now on no longer in the group. Whoever leaves them in the middle can go on with the rest. */
  fire(): IterableIterator<Timer>;
}

/** Timers that are stored by whoever has them, each at a time of its own. */
export interface TimerSource {
  /** How many there are. */
  readonly size: number;
  /** Time of the first one, or +∞. For a person: it may take its time. */
  readonly nextTimeMs: number;
  /** Whether one may be due at `timeMs`; false: none is. */
  isDue(timeMs: number): boolean;
  /** The next one that is due, which is the source's no longer; undefined if none is. */
  next(timeMs: number): Timer | undefined;
}

/** What slots that lie together have in common: the values of a window, the elements of a list, timers of one time. */
export interface SlotGroup<T> {
  readonly ledger: SlotOwner<T>;
  /** Id of a window, or `NO_NAMESPACE`. */
  readonly namespace: string;
  /** Whose list or map it is; undefined if each slot has a key of its own. */
  readonly key?: Key;
  /** When its slots fire, ms; undefined if they do not. */
  readonly timeMs?: number;
}

/**
 * The place of one value, which is one entry of a commit. Of one class for all kinds of state, and for timers, so that the code
 * for a record meets one shape only.
 */
export class Slot<T, G extends SlotGroup<T> = SlotGroup<T>> implements Storable, Undoable, Timer {
  dirty = false;
  stored = false;
  /** Undefined if the slot is empty. That of a state with TTL is for its ledger alone to read. */
  value: T | undefined = undefined;
  readonly group: G;
  /** What it is found by in its group: the key of a value or a timer, a map's own key, the place of an element of a list. */
  readonly key: Key;
  readonly keyId: KeyId;
  /** Its place among the slots of its ledger, in the order in which they were added. */
  readonly order: number;

  constructor(group: G, key: Key, keyId: KeyId, order: number) {
    this.group = group;
    this.key = key;
    this.keyId = keyId;
    this.order = order;
  }

  get namespace(): string {
    return this.group.namespace;
  }

  /** When it fires, ms; for slots of windows and timers only. */
  get timeMs(): number {
    return this.group.timeMs!;
  }

  get isGone(): boolean {
    return this.value === undefined && !this.stored;
  }

  undo(before: unknown): void {
    this.group.ledger.undo(this, before as T | undefined);
  }

  entryKey(): string {
    return this.group.ledger.nameOf(this);
  }

  entryValue(): string | null {
    return this.group.ledger.textOf(this);
  }
}

/**
 * Puts a slot among others at its place in their order, unless it stands there.
 * @param from the first of `slots` to look at
 * @returns whether it had to be inserted
 */
export function insertInOrder<S extends Slot<unknown>>(slots: S[], slot: S, from = 0): boolean {
  let [low, high] = [from, slots.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (slots[middle]!.order < slot.order) low = middle + 1;
    else high = middle;
  }
  if (slots[low] === slot) return false;
  slots.splice(low, 0, slot);
  return true;
}
