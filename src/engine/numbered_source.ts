import type { Source } from "./source.ts";

/**
 * A source with one split, each of whose records follows from its number alone: the position is the number of the next one. So
 * another program may keep the position and have the records made anywhere.
 */
export interface NumberedSource<T> extends Source<T> {
  readonly numbers: RecordNumbers;
  /** What makes the records, for one attempt of the job. */
  createRecords(): NumberedRecords<T>;
}

/** Which records a {@link NumberedSource} has. */
export interface RecordNumbers {
  /** Of the first record. */
  readonly first: number;
  /** Behind the last record; +∞ if there is no last one. */
  readonly end: number;
  /** The highest rate; +∞ if there is none. */
  readonly ratePerSecond: number;
}

/** Makes records of their numbers. */
export interface NumberedRecords<T> {
  valueOf(number: number): T;
  /** ms since the Unix epoch; `NO_TIMESTAMP` if it has none. */
  timestampOf(number: number): number;
}

/** Whether records of a source follow from their numbers. */
export function isNumbered<T>(source: Source<T>): source is NumberedSource<T> {
  return "numbers" in source && "createRecords" in source;
}
