import type { Window } from "./window.ts";

/** A record of a window and its event time. */
export interface TimestampedValue<T> {
  /** The record. */
  readonly value: T;
  /** ms since the Unix epoch, or `NO_TIMESTAMP` */
  readonly timestampMs: number;
}

/** What an evictor may ask. */
export interface EvictorContext {
  /** ms */
  currentWatermark(): number;
  /** ms since the Unix epoch */
  currentProcessingTime(): number;
}

/**
 * Takes records out of a window that fires, before its function is called, after, or both. What is taken out is gone for
 * later firings, too. The function is called even if nothing is left.
 *
 * Flink's evictors remove by an iterator, which JavaScript does not have: here they return those of `elements` that stay.
 * @see Flink: Evictor
 */
export interface Evictor<T, W extends Window> {
  /** For explain, and stored with the state: another description cannot read it. Say in it what the results depend on. */
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

/** An evictor that does the same before or after. */
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

  /** Evicts, unless it does so after. */
  evictBefore(elements: Elements<T>): Elements<unknown> {
    return this.#doEvictAfter ? elements : this.evict(elements);
  }

  /** Evicts, if it does so after. */
  evictAfter(elements: Elements<T>): Elements<unknown> {
    return this.#doEvictAfter ? this.evict(elements) : elements;
  }

  /**
   * Says what stays.
   * @returns those that stay
   */
  protected abstract evict(elements: Elements<T>): Elements<unknown>;
}

/** For the description of an evictor. */
export function describeSide(doEvictAfter: boolean): string {
  return doEvictAfter ? ", after" : "";
}
