import { NO_TIMESTAMP } from "../record.ts";
import { checkWhole } from "./checks.ts";
import { checkDelta, type DeltaFunction } from "./delta_trigger.ts";
import { describeSide, type Elements, OneSidedEvictor } from "./evictor.ts";

/** Keeps the last `maxCount` records of a window. */
export class CountEvictor extends OneSidedEvictor<unknown> {
  /** For explain, and stored with the state. */
  readonly description: string;
  readonly #maxCount: number;

  private constructor(maxCount: number, doEvictAfter: boolean) {
    super(doEvictAfter);
    this.#maxCount = maxCount;
    this.description = `CountEvictor(${maxCount}${describeSide(doEvictAfter)})`;
  }

  /**
   * Keeps the last `maxCount` records.
   * @param doEvictAfter whether to take records out after the window's function instead of before
   * @throws {RangeError} unless `maxCount` is a whole number > 0
   */
  static of(maxCount: number, doEvictAfter = false): CountEvictor {
    checkWhole("a count evictor", "maxCount", maxCount);
    return new CountEvictor(maxCount, doEvictAfter);
  }

  /** @internal */
  protected override evict(elements: Elements<unknown>): Elements<unknown> {
    return elements.length > this.#maxCount ? elements.slice(-this.#maxCount) : elements;
  }
}

/**
 * Keeps the records that are less than `windowSizeMs` older than the newest of the window, by event time. It keeps all if the
 * first has no timestamp.
 */
export class TimeEvictor extends OneSidedEvictor<unknown> {
  /** For explain, and stored with the state. */
  readonly description: string;
  readonly #windowSizeMs: number;

  private constructor(windowSizeMs: number, doEvictAfter: boolean) {
    super(doEvictAfter);
    this.#windowSizeMs = windowSizeMs;
    this.description = `TimeEvictor(${windowSizeMs} ms${describeSide(doEvictAfter)})`;
  }

  /**
   * Keeps records less than `windowSizeMs` older than the newest.
   * @param doEvictAfter whether to take records out after the window's function instead of before
   * @throws {RangeError} unless `windowSizeMs` is a whole number > 0
   */
  static of(windowSizeMs: number, doEvictAfter = false): TimeEvictor {
    checkWhole("a time evictor", "windowSizeMs", windowSizeMs);
    return new TimeEvictor(windowSizeMs, doEvictAfter);
  }

  /** @internal */
  protected override evict(elements: Elements<unknown>): Elements<unknown> {
    const [first] = elements;
    if (first === undefined || first.timestampMs === NO_TIMESTAMP) return elements;
    let newestMs = NO_TIMESTAMP;
    for (const { timestampMs } of elements) newestMs = Math.max(newestMs, timestampMs);
    const cutOffMs = newestMs - this.#windowSizeMs;
    return elements.filter(({ timestampMs }) => timestampMs > cutOffMs);
  }
}

/**
 * Keeps the records that are less than `threshold` from the window's last one.
 *
 * Evictors with different functions have the same description: give the operator another `uid()` when the function changes.
 */
export class DeltaEvictor<T> extends OneSidedEvictor<T> {
  /** For explain, and stored with the state. */
  readonly description: string;
  readonly #threshold: number;
  readonly #delta: DeltaFunction<T>;

  private constructor(threshold: number, delta: DeltaFunction<T>, doEvictAfter: boolean) {
    super(doEvictAfter);
    this.#threshold = threshold;
    this.#delta = delta;
    this.description = `DeltaEvictor(${threshold}${describeSide(doEvictAfter)})`;
  }

  /**
   * Keeps records of which `delta` is less than `threshold`.
   * @param delta takes a record and the window's last one
   * @param doEvictAfter whether to take records out after the window's function instead of before
   * @throws {TypeError} if `threshold` is not a number or `delta` not a function
   */
  static of<T>(threshold: number, delta: DeltaFunction<T>, doEvictAfter = false): DeltaEvictor<T> {
    checkDelta("a delta evictor", threshold, delta);
    return new DeltaEvictor(threshold, delta, doEvictAfter);
  }

  /** @internal */
  protected override evict(elements: Elements<T>): Elements<T> {
    const last = elements.at(-1);
    const delta = this.#delta;
    return elements.filter(({ value }) => !(delta(value, last!.value) >= this.#threshold));
  }
}
