import type { Expiry, TimedValue } from "./expiry.ts";
import type { Slot } from "./slot.ts";
import type { StateTtlConfig } from "./state_ttl_config.ts";

/**
 * A value and when it was last updated: what a slot of a state with TTL holds. Like all values it is never changed, except for
 * its links: the values of one state are chained in the order of their last update.
 */
export class Timed<T> implements TimedValue<T> {
  readonly value: T;
  /** ms since the Unix epoch */
  readonly lastUpdateMs: number;
  readonly slot: Slot<T>;
  older: Timed<T> | undefined = undefined;
  newer: Timed<T> | undefined = undefined;

  constructor(value: T, lastUpdateMs: number, slot: Slot<T>) {
    this.value = value;
    this.lastUpdateMs = lastUpdateMs;
    this.slot = slot;
  }
}

/**
 * The values of one ledger in the order in which they expire by the machine's clock.
 *
 * They share one time to live, so the one updated longest ago expires first: dropping what has expired looks at nothing else,
 * and costs nothing when there is nothing. (A chain, not a `Map` from which entries are taken and put back at its end: a map
 * would walk over the holes they leave.) The chain always holds exactly the values that slots hold.
 */
export class ProcessingTimeExpiry<T> implements Expiry<T> {
  readonly returnsExpired: boolean;
  readonly knowsTime = true;
  readonly #renewsOnRead: boolean;
  #nowMs = Number.NEGATIVE_INFINITY;
  readonly #ttlMs: number;
  readonly #now: () => number;
  #oldest: Timed<T> | undefined;
  #newest: Timed<T> | undefined;
  #restored: Timed<T>[] = [];

  /** @param now processing time, ms since the Unix epoch */
  constructor(config: Required<StateTtlConfig>, now: () => number) {
    this.returnsExpired = config.stateVisibility === "ReturnExpiredIfNotCleanedUp";
    this.#renewsOnRead = config.updateType === "OnReadAndWrite";
    this.#ttlMs = config.ttlMs;
    this.#now = now;
  }

  lookAtClock(): void {
    this.#nowMs = this.#now();
  }

  isExpired({ lastUpdateMs }: TimedValue<T>): boolean {
    return lastUpdateMs + this.#ttlMs <= this.#nowMs;
  }

  isOver(timed: TimedValue<T>): boolean {
    return this.isExpired(timed);
  }

  isRenewedByRead({ lastUpdateMs }: TimedValue<T>): boolean {
    return this.#renewsOnRead && lastUpdateMs !== this.#nowMs;
  }

  /** The one that has been expired for longest. */
  firstOver(): Slot<T> | undefined {
    const oldest = this.#oldest;
    return oldest !== undefined && this.isExpired(oldest) ? oldest.slot : undefined;
  }

  replace(slot: Slot<T>, before: T | undefined, value: T | undefined): T | undefined {
    if (before !== undefined) this.#unlink(before as Timed<T>);
    if (value === undefined) return undefined;
    const timed = new Timed(value, this.#nowMs, slot);
    this.#linkBehind(this.#newest, timed);
    return timed as T;
  }

  putBack(current: T | undefined, before: T | undefined): void {
    if (current !== undefined) this.#unlink(current as Timed<T>);
    if (before === undefined) return;
    const timed = before as Timed<T>;
    let older = this.#newest;
    while (older !== undefined && older.lastUpdateMs > timed.lastUpdateMs) older = older.older;
    this.#linkBehind(older, timed);
  }

  /** `endRestore()` links it. */
  restored(slot: Slot<T>, value: T, lastUpdateMs: number): T {
    const timed = new Timed(value, lastUpdateMs, slot);
    this.#restored.push(timed);
    return timed as T;
  }

  endRestore(): void {
    for (const timed of this.#restored.sort((a, b) => a.lastUpdateMs - b.lastUpdateMs)) {
      this.#linkBehind(this.#newest, timed);
    }
    this.#restored = [];
  }

  #linkBehind(older: Timed<T> | undefined, timed: Timed<T>): void {
    const newer = older === undefined ? this.#oldest : older.newer;
    timed.older = older;
    timed.newer = newer;
    if (older === undefined) this.#oldest = timed;
    else older.newer = timed;
    if (newer === undefined) this.#newest = timed;
    else newer.older = timed;
  }

  #unlink(timed: Timed<T>): void {
    const { older, newer } = timed;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    timed.older = timed.newer = undefined;
  }
}
