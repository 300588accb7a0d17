/** What flows along the edges of a job: records, watermarks, and whether an edge is idle. */

/** The timestamp of a record that has none, for instance out of `fromCollection()`. Smaller than every event time. */
export const NO_TIMESTAMP: number = Number.NEGATIVE_INFINITY;

/** The watermark before any was given. */
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

/** Takes what an operator or a user's function gives. */
export interface Output<T> {
  /** @param timestampMs event time, ms since the Unix epoch, or {@link NO_TIMESTAMP} */
  collect(value: T, timestampMs: number): void;
}

/** An {@link Output} that also carries event time; the runtime's, not an operator's. */
export interface StreamOutput<T> extends Output<T> {
  /** Says that no record at or below `watermarkMs` is to be expected any more. */
  emitWatermark(watermarkMs: number): void;
  /** Says that this edge does not hold event time back for now (`true`), or does again. */
  emitIdle(idle: boolean): void;
}

/** The time of day of `timestampMs` for a person, or words for the bounds. */
export function formatTime(timestampMs: number): string {
  if (timestampMs === MIN_WATERMARK) return "the beginning";
  if (timestampMs === MAX_WATERMARK) return "the end";
  // Beyond ±8.64e15 ms there is no Date; a broker may hold such a timestamp all the same.
  return Math.abs(timestampMs) <= 8.64e15 ? new Date(timestampMs).toISOString() : `${timestampMs} ms`;
}
