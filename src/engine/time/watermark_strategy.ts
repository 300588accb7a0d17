import { MIN_WATERMARK } from "../record.ts";

/**
 * The event time of a record.
 * @param recordTimestampMs what its source says, ms since the Unix epoch; `NO_TIMESTAMP` (−∞) if nothing
 * @returns ms since the Unix epoch
 */
export type TimestampAssigner<T> = (value: T, recordTimestampMs: number) => number;

/**
 * Says after each record how far event time has come. Nothing of it is in the commit: after a restart it begins anew, while
 * event time stays where it was.
 *
 * @see Flink: WatermarkGenerator. There it gives watermarks to an output; here it returns the one that holds.
 */
export interface WatermarkGenerator<T> {
  /**
   * Called after each record.
   * @param timestampMs event time of the record, ms
   * @returns the watermark after it, ms; a smaller one than before counts as no news
   */
  onEvent(value: T, timestampMs: number): number;
  /**
   * Called every 200 ms of the machine's time, for watermarks that do not come from records alone.
   * @param nowMs ms since the Unix epoch
   * @returns as `onEvent()`
   */
  onPeriodicEmit?(nowMs: number): number;
}

/** Time between two calls of `onPeriodicEmit()`, ms. @see Flink: auto watermark interval */
export const PERIODIC_EMIT_MS = 200;

/** How a job gets event time out of a stream: which time a record has, and how much later an earlier one may still come. */
export class WatermarkStrategy<T> {
  readonly #createGenerator: (() => WatermarkGenerator<T>) | undefined;
  /** For explain: "monotonous timestamps". */
  readonly description: string;
  /** See {@link WatermarkStrategy.withTimestampAssigner}; undefined: the source's times hold. */
  readonly timestampAssigner: TimestampAssigner<T> | undefined;
  /** See {@link WatermarkStrategy.withIdleness}; undefined: the job's setting. */
  readonly idlenessMs: number | undefined;

  private constructor(
    description: string,
    createGenerator: (() => WatermarkGenerator<T>) | undefined,
    timestampAssigner?: TimestampAssigner<T>,
    idlenessMs?: number,
  ) {
    this.description = description;
    this.#createGenerator = createGenerator;
    this.timestampAssigner = timestampAssigner;
    this.idlenessMs = idlenessMs;
  }

  /** No event time: windows over it never fire before the end of a bounded input. */
  static noWatermarks<T = unknown>(): WatermarkStrategy<T> {
    return new WatermarkStrategy<T>("no watermarks", undefined);
  }

  /** Times ascend within each partition: the watermark is the largest time seen − 1 ms, so an equal time is not late. */
  static forMonotonousTimestamps<T = unknown>(): WatermarkStrategy<T> {
    return new WatermarkStrategy<T>("monotonous timestamps", () => new BoundedOutOfOrdernessGenerator(0));
  }

  /**
   * Times may be behind the largest one seen by up to `boundMs`: the watermark is the largest − `boundMs` − 1 ms.
   * @throws {RangeError} if `boundMs` is negative or not finite
   */
  static forBoundedOutOfOrderness<T = unknown>(boundMs: number): WatermarkStrategy<T> {
    if (!(boundMs >= 0 && Number.isFinite(boundMs))) {
      throw new RangeError(`Cannot bound out-of-orderness as boundMs must be >= 0: current value is ${boundMs}`);
    }
    return new WatermarkStrategy<T>(
      `out of order by up to ${boundMs} ms`,
      () => new BoundedOutOfOrdernessGenerator(boundMs),
    );
  }

  /**
   * Watermarks of a generator of one's own, one for each partition.
   *
   * @example Only records that are marked as such move event time on
   * ```ts
   * import { MIN_WATERMARK, WatermarkStrategy } from "@stream-apps/deno";
   *
   * interface Measurement { endOfDay: boolean }
   * const strategy = WatermarkStrategy.forGenerator<Measurement>(() => ({
   *   onEvent: ({ endOfDay }, timestampMs) => (endOfDay ? timestampMs : MIN_WATERMARK),
   * }));
   * console.assert(strategy.description === "own watermarks");
   * ```
   */
  static forGenerator<T = unknown>(createGenerator: () => WatermarkGenerator<T>): WatermarkStrategy<T> {
    if (typeof createGenerator !== "function") {
      throw new TypeError("Cannot describe forGenerator(): it takes a function that makes a watermark generator");
    }
    return new WatermarkStrategy<T>("own watermarks", () => new CheckedGenerator(createGenerator()));
  }

  /** Takes event time from the record instead of its source. */
  withTimestampAssigner<R extends T>(assigner: TimestampAssigner<R>): WatermarkStrategy<R> {
    return new WatermarkStrategy<R>(this.description, this.#createGenerator, assigner, this.idlenessMs);
  }

  /**
   * A partition that is read to its end and gives nothing for `idlenessMs` no longer holds event time back, until it gives
   * a record again.
   * @param idlenessMs > 0; `Infinity` for never
   * @throws {RangeError} otherwise
   */
  withIdleness(idlenessMs: number): WatermarkStrategy<T> {
    if (!(idlenessMs > 0)) {
      throw new RangeError(`Cannot detect idleness as idlenessMs must be > 0: current value is ${idlenessMs}`);
    }
    return new WatermarkStrategy<T>(this.description, this.#createGenerator, this.timestampAssigner, idlenessMs);
  }

  /** How far times may be out of order, ms; 0 if they ascend. Undefined without watermarks, and with a generator of one's own. */
  get outOfOrdernessMs(): number | undefined {
    const generator = this.#createGenerator?.();
    return generator instanceof BoundedOutOfOrdernessGenerator ? generator.boundMs : undefined;
  }

  /** A generator for one partition, or undefined if there are no watermarks. */
  createGenerator(): WatermarkGenerator<T> | undefined {
    return this.#createGenerator?.();
  }
}

class BoundedOutOfOrdernessGenerator implements WatermarkGenerator<unknown> {
  readonly boundMs: number;
  readonly #behindMs: number;
  #watermarkMs = MIN_WATERMARK;

  constructor(boundMs: number) {
    this.boundMs = boundMs;
    this.#behindMs = boundMs + 1;
  }

  onEvent(_value: unknown, timestampMs: number): number {
    const watermarkMs = timestampMs - this.#behindMs;
    if (watermarkMs > this.#watermarkMs) this.#watermarkMs = watermarkMs;
    return this.#watermarkMs;
  }
}

/** A user's generator; NaN would stop event time for good without a word, and +∞ would end it. */
class CheckedGenerator<T> implements WatermarkGenerator<T> {
  readonly #generator: WatermarkGenerator<T>;
  readonly onPeriodicEmit?: (nowMs: number) => number;

  constructor(generator: WatermarkGenerator<T>) {
    this.#generator = generator;
    if (generator.onPeriodicEmit !== undefined) {
      this.onPeriodicEmit = (nowMs) => checkWatermark("onPeriodicEmit", generator.onPeriodicEmit!(nowMs));
    }
  }

  onEvent(value: T, timestampMs: number): number {
    return checkWatermark("onEvent", this.#generator.onEvent(value, timestampMs));
  }
}

function checkWatermark(method: string, watermarkMs: number): number {
  if (watermarkMs < Number.POSITIVE_INFINITY) return watermarkMs;
  throw new TypeError(
    `Cannot use ${watermarkMs} as a watermark: ${method}() must return ms since the Unix epoch, or MIN_WATERMARK for no news`,
  );
}

/**
 * What a {@link TimestampAssigner} gave as event time: whole ms, rounded down, as seconds with a fraction × 1,000 are not always
 * whole.
 * @throws {TypeError} if it is no time: NaN would stop all timers behind it
 */
export function checkTimestamp(timestampMs: number): number {
  if (Number.isFinite(timestampMs)) return Math.floor(timestampMs);
  throw new TypeError(
    `Cannot use ${timestampMs} as a timestamp: the timestamp assigner must return ms since the Unix epoch`,
  );
}
