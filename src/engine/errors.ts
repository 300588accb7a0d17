/** Where a record came from, for messages and dead letters. */
export interface RecordOrigin {
  /** "skyone" */
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** ms since the Unix epoch */
  readonly timestampMs: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: Readonly<Record<string, Uint8Array>> | undefined;
}

/** `"skyone" partition 3 offset 1204`, for messages. */
export function formatOrigin(origin: RecordOrigin): string {
  return `"${origin.topic}" partition ${origin.partition} offset ${origin.offset}`;
}

/**
 * A job that can not be described, started or restored as it is, and what to do about it. The message is one sentence for
 * the person who runs the job.
 */
export class JobError extends Error {
  override name = "JobError";
  /** Tells programs to print the message alone: the stack would not help. */
  readonly expected: boolean = true;
}

/** A record that its source can not make sense of. It goes to the job's dead letters, not to its functions. */
export class RecordError extends Error {
  override name = "RecordError";
  readonly expected = true;
}

/** A function of the job threw: which operator, at which record, and the first error as `cause`. */
export class OperatorError extends Error {
  override name = "OperatorError";
  /** The operator's name in the job. */
  readonly operator: string;

  constructor(operator: string, cause: unknown, origin: RecordOrigin | undefined) {
    const what = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    const where = origin === undefined ? "" : ` at ${formatOrigin(origin)}`;
    super(`Operator "${operator}" failed${where}: ${what}`, { cause });
    this.operator = operator;
  }
}

/** Whether the layer that threw says that a new attempt can succeed. */
export function isRetriable(error: unknown): error is Error {
  return error instanceof Error && (error as { retriable?: unknown }).retriable === true;
}
