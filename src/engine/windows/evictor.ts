import type { Window } from "./window.ts";

/** A record of a window and its event time. */
export interface TimestampedValue<T> {
  /** The record. */
  readonly value: T;
  /** ms since the Unix epoch, or `NO_TIMESTAMP` */
  readonly timestampMs: number;
}

/** What an evictor can read. */
export interface EvictorContext {
  /** ms */
  currentWatermark(): number;
  /** ms since the Unix epoch */
  currentProcessingTime(): number;
}

/**
 * Removes records from a window that fires, before its function is called, after, or both. They are gone for later firings too.
 * The function is called even if no records are left.
 *
 * Flink's evictors remove by an iterator, which JavaScript does not have: here they return those of `elements` that stay.
 * @see Flink: Evictor
 */
export interface Evictor<T, W extends Window> {
  /** For explain, and stored with the state, which only the same description can read: put in it what the results depend on. */
  readonly description: string;
  /**
   * The records that stay, before the function is called.
   * @param elements what is in the window, in order of arrival
   * @param size how many there are
   */
  evictBefore(elements: Elements<T>, size: number, window: W, context: EvictorContext): Elements<unknown>;
  /** The records that stay, when the function has been called. */
  evictAfter(elements: Elements<T>, size: number, window: W, context: EvictorContext): Elements<unknown>;
}

/** Records of a window, in order of arrival. */
export type Elements<T> = readonly TimestampedValue<T>[];

/** An evictor that works either before or after the window's function. */
export abstract class OneSidedEvictor<T> implements Evictor<T, Window> {
  abstract readonly description: string;
  readonly #doEvictAfter: boolean;

  /**
   * Evicts before the function is called, or after.
   * @param doEvictAfter whether to evict when the function has been called instead of before
   */
  constructor(doEvictAfter: boolean) {
    this.#doEvictAfter = doEvictAfter;
  }

  /** Evicts before the function, unless it evicts after it. */
  evictBefore(elements: Elements<T>): Elements<unknown> {
    return this.#doEvictAfter ? elements : this.evict(elements);
  }

  /** Evicts after the function, if that was asked for. */
  evictAfter(elements: Elements<T>): Elements<unknown> {
    return this.#doEvictAfter ? this.evict(elements) : elements;
  }

  /**
   * Chooses the records that stay.
   * @returns those that stay
   */
  protected abstract evict(elements: Elements<T>): Elements<unknown>;
}

/** The end of an evictor's description. */
export function describeSide(doEvictAfter: boolean): string {
  return doEvictAfter ? ", after" : "";
}
