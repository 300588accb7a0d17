import type { ErrorCode } from "./error_codes.ts";

/** Where a record came from, for messages and dead letters. */
export interface RecordOrigin {
  /** "skyone" */
  readonly topic: string;
  /** Counted from 0. */
  readonly partition: number;
  /** Its place in the partition. */
  readonly offset: number;
  /** ms since the Unix epoch */
  readonly timestampMs: number;
  /** Null if the record has no key. */
  readonly key: Uint8Array | null;
  /** Null: a tombstone. */
  readonly value: Uint8Array | null;
  /** Names and values in the record's order, a name perhaps more than once; undefined if the record has no headers. */
  readonly headers: readonly (readonly [name: string, value: Uint8Array | null])[] | undefined;
}

/** `"skyone" partition 3 offset 1204`, for messages. */
export function formatOrigin(origin: RecordOrigin): string {
  return `"${origin.topic}" partition ${origin.partition} offset ${origin.offset}`;
}

/**
 * A job that cannot be described, started or restored as it is, and what to do about it. The message is one sentence for
 * the person who runs the job.
 */
export class JobError extends Error {
  /** Names the class in messages. */
  override name = "JobError";
  /** What follows from it, see docs/errors.md. */
  readonly code: ErrorCode = "JOB_REFUSED";
}

/**
 * A record that its source cannot decode: it becomes a dead letter, and no function of the job gets it. A function may throw it
 * too, with what is wrong with a record.
 */
export class RecordError extends Error {
  /** Names the class in messages. */
  override name = "RecordError";
  /** What follows from it, see docs/errors.md. */
  readonly code: ErrorCode = "RECORD_REFUSED";
}

/** Where a function has thrown. */
export interface OperatorErrorOptions {
  /** The origin of the current record, or a description such as `in window [0, 10) of key "a"`; left out: unknown. */
  readonly place?: RecordOrigin | string | undefined;
  /** Whether it failed at one record, and not in a timer or a window that fires; default false. */
  readonly byRecord?: boolean;
}

/** A function of the job has thrown: in which operator, at which record, and the first error as `cause`. */
export class OperatorError extends Error {
  /** Names the class in messages. */
  override name = "OperatorError";
  /** What follows from it, see docs/errors.md. */
  readonly code: ErrorCode = "OPERATOR_FAILED";
  /** The operator's name in the job. */
  readonly operator: string;
  /** Whether it failed at one record, and not in a timer or a window that fires. */
  readonly byRecord: boolean;
  /** Where the record came from that was at work; undefined without one, or if it came from no topic. */
  readonly record: Pick<RecordOrigin, "topic" | "partition" | "offset"> | undefined;

  /** Made by the engine. */
  constructor(operator: string, cause: unknown, { place, byRecord = false }: OperatorErrorOptions = {}) {
    const what = cause instanceof RecordError
      ? cause.message
      : cause instanceof Error
      ? `${cause.name}: ${cause.message}`
      : String(cause);
    const where = place === undefined ? "" : typeof place === "string" ? ` ${place}` : ` at ${formatOrigin(place)}`;
    super(`Operator "${operator}" failed${where}: ${what}`, { cause });
    this.operator = operator;
    this.byRecord = byRecord;
    if (typeof place === "object") {
      const { topic, partition, offset } = place;
      this.record = { topic, partition, offset };
    }
  }
}
