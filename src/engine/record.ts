/** What flows along the edges of a job: records, watermarks, and whether an edge is idle. */

/** The timestamp of a record without event time, for instance from `fromCollection()`. Smaller than every event time. */
export const NO_TIMESTAMP: number = Number.NEGATIVE_INFINITY;

/** The watermark before the first one. */
export const MIN_WATERMARK: number = Number.NEGATIVE_INFINITY;

/** The watermark after the last record of a bounded input: no record will ever follow. */
export const MAX_WATERMARK: number = Number.POSITIVE_INFINITY;

/**
 * A value and its event time.
 *
 * One object serves all records of an edge, so an operator reads it during `processElement()` and keeps the value, never
 * the record.
 */
export class StreamRecord<T> {
  value!: T;
  /** ms since the Unix epoch, or {@link NO_TIMESTAMP}. */
  timestampMs: number = NO_TIMESTAMP;
}

/** Takes the records that an operator or a user's function emits. */
export interface Output<T> {
  /** @param timestampMs event time, ms since the Unix epoch, or {@link NO_TIMESTAMP} */
  collect(value: T, timestampMs: number): void;
}

/** An {@link Output} that also takes watermarks; for the runtime, not for operators. */
export interface StreamOutput<T> extends Output<T> {
  /** Emits a watermark: no record at or below `watermarkMs` is expected any more. */
  emitWatermark(watermarkMs: number): void;
  /** Marks this edge as idle, so that it does not hold back event time, or as active again. */
  emitIdle(idle: boolean): void;
}

/** `timestampMs` as ISO 8601 for messages, or a description of its bounds. */
export function formatTime(timestampMs: number): string {
  if (timestampMs === MIN_WATERMARK) return "the beginning";
  if (timestampMs === MAX_WATERMARK) return "the end";
  // Beyond ±8.64e15 ms there is no Date; a broker may hold such a timestamp all the same.
  return Math.abs(timestampMs) <= 8.64e15 ? new Date(timestampMs).toISOString() : `${timestampMs} ms`;
}
