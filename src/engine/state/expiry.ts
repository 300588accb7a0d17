import type { Journal, Undoable } from "./journal.ts";
import type { StateTtlConfig } from "./state_ttl_config.ts";

/**
 * A value and when it was last updated; what a table holds of a state with TTL. Like all values it is never changed, its
 * links but: all that one state holds are chained in order of their last update.
 */
export class Timed<T> {
  readonly value: T;
  /** ms since the Unix epoch */
  readonly lastUpdateMs: number;
  entry: TimedEntry<T> | undefined = undefined;
  older: Timed<T> | undefined = undefined;
  newer: Timed<T> | undefined = undefined;

  constructor(value: T, lastUpdateMs: number) {
    this.value = value;
    this.lastUpdateMs = lastUpdateMs;
  }
}

/** Where a table keeps a value. */
export interface TimedEntry<T> {
  readonly value: Timed<T> | undefined;
}

/** What {@link Expiry} needs of a table. */
export interface TimedTable<T, E extends TimedEntry<T>> {
  replace(entry: E, value: Timed<T>): void;
  remove(entry: E): void;
}

/**
 * Expires the values of one state, over all its keys and namespaces.
 *
 * They share one time to live, so the one updated longest ago expires first: dropping what has expired looks at nothing else,
 * and costs nothing when there is nothing. (A chain, not a `Map` from which entries are taken and put back at its end: that
 * one would walk over the holes they leave.)
 */
export class Expiry<T, E extends TimedEntry<T>> implements Undoable {
  readonly now: () => number;
  readonly returnsExpired: boolean;
  readonly #ttlMs: number;
  readonly #renewsOnRead: boolean;
  readonly #table: TimedTable<T, E>;
  readonly #journal: Journal;
  #oldest: Timed<T> | undefined;
  #newest: Timed<T> | undefined;

  /** @param now processing time, ms since the Unix epoch */
  constructor(config: Required<StateTtlConfig>, now: () => number, table: TimedTable<T, E>, journal: Journal) {
    this.now = now;
    this.returnsExpired = config.stateVisibility === "ReturnExpiredIfNotCleanedUp";
    this.#ttlMs = config.ttlMs;
    this.#renewsOnRead = config.updateType === "OnReadAndWrite";
    this.#table = table;
    this.#journal = journal;
  }

  isExpired(entry: E, nowMs: number): boolean {
    return entry.value!.lastUpdateMs + this.#ttlMs <= nowMs;
  }

  /**
   * What a reader gets of an entry: undefined if it has expired and is not to be seen. An expired one is removed, another one
   * renewed if reading renews.
   */
  read(entry: E, nowMs: number): Timed<T> | undefined {
    const timed = entry.value!;
    if (this.isExpired(entry, nowMs)) {
      this.remove(entry);
      return this.returnsExpired ? timed : undefined;
    }
    if (this.#renewsOnRead && timed.lastUpdateMs !== nowMs) this.write(entry, timed.value, nowMs);
    return timed;
  }

  /** What a table is to hold in place of `value`. Undefined stays what it is: tables refuse it. */
  timed(value: T, nowMs: number): Timed<T> {
    return value === undefined ? value as never : new Timed(value, nowMs);
  }

  write(entry: E, value: T, nowMs: number): void {
    const before = entry.value!;
    this.#table.replace(entry, this.timed(value, nowMs));
    this.#unlink(before);
    this.added(entry);
  }

  /** Takes charge of an entry with a new value, the newest of all. */
  added(entry: E): void {
    const timed = entry.value!;
    timed.entry = entry;
    timed.older = this.#newest;
    if (this.#newest === undefined) this.#oldest = timed;
    else this.#newest.newer = timed;
    this.#newest = timed;
    this.#journal.log(this, timed);
  }

  /** Takes a value out of the chain that came into it, or puts it back at its place. */
  undo(before: unknown): void {
    const timed = before as Timed<T>;
    if (this.#isLinked(timed)) return this.#unlink(timed);
    let older = this.#newest;
    while (older !== undefined && older.lastUpdateMs > timed.lastUpdateMs) older = older.older;
    const newer = older === undefined ? this.#oldest : older.newer;
    timed.older = older;
    timed.newer = newer;
    if (older === undefined) this.#oldest = timed;
    else older.newer = timed;
    if (newer === undefined) this.#newest = timed;
    else newer.older = timed;
  }

  /** Takes an entry out of the table. */
  remove(entry: E): void {
    this.#unlink(entry.value!);
    this.#table.remove(entry);
  }

  dropExpired(nowMs: number): void {
    for (let oldest = this.#oldest; oldest !== undefined; oldest = this.#oldest) {
      const entry = oldest.entry as E;
      if (!this.isExpired(entry, nowMs)) return;
      this.remove(entry);
    }
  }

  #unlink(timed: Timed<T>): void {
    const { older, newer } = timed;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    timed.older = timed.newer = undefined;
    this.#journal.log(this, timed);
  }

  #isLinked(timed: Timed<T>): boolean {
    return timed === this.#oldest || timed.older !== undefined;
  }
}
