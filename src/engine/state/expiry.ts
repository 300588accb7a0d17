import type { Slot } from "./slot.ts";

/** A value and when it was last updated: what a slot of a state with TTL holds. */
export interface TimedValue<T> {
  readonly value: T;
  /** ms since the Unix epoch, of the clock that the state goes by */
  readonly lastUpdateMs: number;
}

/** Event time of an operator, as state needs it that expires by it. */
export interface EventTime {
  /** Of the record or timer at work, ms: its own, or that of the watermark if that is further; −∞ if neither is known. */
  nowMs(): number;
  /** That of the last commit, ms: nothing that is still to come has an earlier one. */
  committedMs(): number;
}

/**
 * When the values of one ledger expire, by one clock or another.
 *
 * It makes what slots hold of values, so it knows all values that there are; who drops them is the ledger.
 */
export interface Expiry<T> {
  readonly returnsExpired: boolean;
  /** Looks what time it is; that counts until the next time. */
  lookAtClock(): void;
  /** Whether there is a time by which a value can be dated. */
  readonly knowsTime: boolean;
  /** Whether a value is expired for what is at work. */
  isExpired(timed: TimedValue<T>): boolean;
  /** Whether a value is expired for all that can come, so that it can be dropped. */
  isOver(timed: TimedValue<T>): boolean;
  /** Whether being read gives a value a new time. */
  isRenewedByRead(timed: TimedValue<T>): boolean;
  /** A slot with a value that is over; undefined if there is none. */
  firstOver(): Slot<T> | undefined;
  /**
   * A slot gets a value now, or loses the one that it has.
   * @param before what it holds
   * @returns what it holds from now on
   */
  replace(slot: Slot<T>, before: T | undefined, value: T | undefined): T | undefined;
  /** A slot holds again what it held before. */
  putBack(current: T | undefined, before: T | undefined): void;
  /** @returns what a slot holds that had a value in the store; {@link Expiry.endRestore} follows the last of them */
  restored(slot: Slot<T>, value: T, lastUpdateMs: number): T;
  endRestore(): void;
}
