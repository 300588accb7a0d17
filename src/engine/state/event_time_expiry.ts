import { BinaryHeap } from "../binary_heap.ts";
import type { EventTime, Expiry, TimedValue } from "./expiry.ts";
import type { Slot } from "./slot.ts";
import type { StateTtlConfig } from "./state_ttl_config.ts";

/** A value with its place in the queue of those that will expire. Like all values it is never changed, but for that place. */
class Dated<T> implements TimedValue<T> {
  readonly value: T;
  readonly lastUpdateMs: number;
  due: Due<T>;

  constructor(value: T, lastUpdateMs: number, due: Due<T>) {
    this.value = value;
    this.lastUpdateMs = lastUpdateMs;
    this.due = due;
  }
}

/** When a slot is to be looked at: not later than it expires. The values that it holds one after the other share it. */
class Due<T> {
  readonly slot: Slot<T>;
  /** Not later than the last update of the slot's value. */
  fromMs: number;
  isQueued = true;

  constructor(slot: Slot<T>, fromMs: number) {
    this.slot = slot;
    this.fromMs = fromMs;
  }
}

/** So many entries of the queue may be of slots that have no value any more, beside as many as there are values. */
const MAX_STALE = 1_024;

/**
 * Values that expire by event time.
 *
 * What a record or timer sees of a value depends on its own time, and not on which records of other keys came before: so a replay
 * expires what living through it would have. For the same reason a value is dropped only when the event time of a commit has passed
 * its end. Records come out of order, so values do not expire in the order of their updates: a queue has the next one at hand. An
 * update leaves a slot's place in it as it is; it is put right when its turn comes, so that an update costs nothing.
 */
export class EventTimeExpiry<T> implements Expiry<T> {
  readonly returnsExpired: boolean;
  readonly #renewsOnRead: boolean;
  readonly #ttlMs: number;
  readonly #eventTime: EventTime;
  readonly #queue = new BinaryHeap<Due<T>>((a, b) => a.fromMs < b.fromMs);
  #nowMs = Number.NEGATIVE_INFINITY;
  /** How many slots have a value. */
  #values = 0;

  constructor(config: Required<StateTtlConfig>, eventTime: EventTime) {
    this.returnsExpired = config.stateVisibility === "ReturnExpiredIfNotCleanedUp";
    this.#renewsOnRead = config.updateType === "OnReadAndWrite";
    this.#ttlMs = config.ttlMs;
    this.#eventTime = eventTime;
  }

  lookAtClock(): void {
    this.#nowMs = this.#eventTime.nowMs();
  }

  get knowsTime(): boolean {
    return Number.isFinite(this.#nowMs);
  }

  isExpired({ lastUpdateMs }: TimedValue<T>): boolean {
    return lastUpdateMs + this.#ttlMs <= this.#nowMs;
  }

  isOver({ lastUpdateMs }: TimedValue<T>): boolean {
    return lastUpdateMs + this.#ttlMs <= this.#eventTime.committedMs();
  }

  isRenewedByRead({ lastUpdateMs }: TimedValue<T>): boolean {
    return this.#renewsOnRead && lastUpdateMs < this.#nowMs;
  }

  firstOver(): Slot<T> | undefined {
    const queue = this.#queue;
    const committedMs = this.#eventTime.committedMs();
    for (let due = queue.peek(); due !== undefined; due = queue.peek()) {
      if (due.fromMs + this.#ttlMs > committedMs) return undefined;
      const dated = heldBy(due.slot);
      if (dated?.due !== due) {
        due.isQueued = false;
        queue.pop();
      } else if (dated.lastUpdateMs + this.#ttlMs <= committedMs) {
        return due.slot;
      } else {
        due.fromMs = dated.lastUpdateMs;
        queue.firstChanged();
      }
    }
    return undefined;
  }

  replace(slot: Slot<T>, before: T | undefined, value: T | undefined): T | undefined {
    if (value === undefined) {
      if (before !== undefined) this.#forgetOne();
      return undefined;
    }
    if (before === undefined) {
      this.#values++;
      return new Dated(value, this.#nowMs, this.#queued(slot, this.#nowMs)) as T;
    }
    const { lastUpdateMs, due } = before as Dated<T>;
    // A record that comes out of order makes a value no older.
    return new Dated(value, Math.max(lastUpdateMs, this.#nowMs), due) as T;
  }

  putBack(current: T | undefined, before: T | undefined): void {
    if (before === undefined) {
      if (current !== undefined) this.#forgetOne();
      return;
    }
    if (current === undefined) this.#values++;
    const dated = before as Dated<T>;
    // Its place may have been given up meanwhile, or have moved behind its time.
    const { due, lastUpdateMs } = dated;
    if (!due.isQueued || due.fromMs > lastUpdateMs) dated.due = this.#queued(due.slot, lastUpdateMs);
  }

  restored(slot: Slot<T>, value: T, lastUpdateMs: number): T {
    this.#values++;
    return new Dated(value, lastUpdateMs, this.#queued(slot, lastUpdateMs)) as T;
  }

  endRestore(): void {}

  #queued(slot: Slot<T>, fromMs: number): Due<T> {
    const due = new Due(slot, fromMs);
    this.#queue.push(due);
    return due;
  }

  /** A slot has lost its value. Its place is given up when its turn comes, unless there are many such. */
  #forgetOne(): void {
    this.#values--;
    if (this.#queue.size <= 2 * this.#values + MAX_STALE) return;
    this.#queue.keep((due) => due.isQueued = heldBy(due.slot)?.due === due);
  }
}

function heldBy<T>(slot: Slot<T>): Dated<T> | undefined {
  return slot.value as Dated<T> | undefined;
}
