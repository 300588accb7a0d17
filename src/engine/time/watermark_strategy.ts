import { MIN_WATERMARK } from "../record.ts";

/**
 * The event time of a record.
 * @param recordTimestampMs what its source says, ms since the Unix epoch; `NO_TIMESTAMP` (−∞) if nothing
 * @returns ms since the Unix epoch
 */
export type TimestampAssigner<T> = (value: T, recordTimestampMs: number) => number;

/** Says after each record how far event time has come. */
export interface WatermarkGenerator<T> {
  /**
   * @param timestampMs event time of the record, ms
   * @returns the watermark after it, ms; a smaller one than before counts as no news
   */
  onEvent(value: T, timestampMs: number): number;
}

/** How a job gets event time out of a stream: which time a record has, and how much later an earlier one may still come. */
export class WatermarkStrategy<T> {
  readonly #createGenerator: (() => WatermarkGenerator<T>) | undefined;
  /** For explain: "monotonous timestamps". */
  readonly description: string;
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

  /** A generator for one partition, or undefined if there are no watermarks. */
  createGenerator(): WatermarkGenerator<T> | undefined {
    return this.#createGenerator?.();
  }
}

class BoundedOutOfOrdernessGenerator implements WatermarkGenerator<unknown> {
  readonly #behindMs: number;
  #watermarkMs = MIN_WATERMARK;

  constructor(boundMs: number) {
    this.#behindMs = boundMs + 1;
  }

  onEvent(_value: unknown, timestampMs: number): number {
    const watermarkMs = timestampMs - this.#behindMs;
    if (watermarkMs > this.#watermarkMs) this.#watermarkMs = watermarkMs;
    return this.#watermarkMs;
  }
}

/** @throws {TypeError} if what a {@link TimestampAssigner} gave is no time: NaN would stop all timers behind it */
export function checkTimestamp(timestampMs: number): number {
  if (Number.isFinite(timestampMs)) return timestampMs;
  throw new TypeError(
    `Cannot use ${timestampMs} as a timestamp: the timestamp assigner must return ms since the Unix epoch`,
  );
}
