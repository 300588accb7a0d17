/**
 * What an error means, by its code: what a job does about it, and how a program that it ends reports it. The list is closed;
 * docs/errors.md describes each code.
 */

/**
 * What a job does about an error:
 *
 * - `"again"`: it goes back to its last commit and tries again, after growing pauses
 * - `"restart strategy"`: its restart strategy decides
 * - `"never"`: it fails, as another attempt would come to the same
 */
export type Retry = "again" | "restart strategy" | "never";

/** What follows from a code. */
export interface ErrorMeaning {
  /** What a job does about it. */
  readonly retry: Retry;
  /** How many attempts in a row, without a commit between them, may fail with it; left out: any number. */
  readonly attempts?: number;
  /** Whether its message does not say all, so that a person needs the stack and the causes too. */
  readonly needsStack?: true;
  /** Of a program that ends with it; left out: 1. */
  readonly exitCode?: 0 | 2;
}

/** All codes. An error without one is a bug, ours or of a user's function. */
export const ERROR_CODES = {
  // jobs
  JOB_REFUSED: { retry: "never" },
  COMMIT_UNREADABLE: { retry: "never" },
  RECORD_REFUSED: { retry: "never" },
  OPERATOR_FAILED: { retry: "restart strategy", needsStack: true },
  UNAVAILABLE: { retry: "again", needsStack: true },
  PARTITIONS_ADDED: { retry: "again" },
  // brokers and disks
  BROKER_REFUSED: { retry: "never" },
  BROKER_UNAVAILABLE: { retry: "again" },
  UNEXPECTED_ANSWER: { retry: "again", attempts: 20 },
  FENCED: { retry: "again" },
  OUT_OF_SEQUENCE: { retry: "again" },
  JOB_ACTIVE: { retry: "never" },
  UNKNOWN_TOPIC: { retry: "never" },
  TOPIC_EXISTS: { retry: "never" },
  OFFSET_OUT_OF_RANGE: { retry: "never" },
  DISK_FULL: { retry: "restart strategy" },
  // programs
  USAGE: { retry: "never", exitCode: 2 },
  HELP_REQUESTED: { retry: "never", exitCode: 0 },
  INTERRUPTED: { retry: "never" },
  TOOL_FAILED: { retry: "never" },
  // tests
  SIMULATED_CRASH: { retry: "never" },
} as const satisfies Readonly<Record<string, ErrorMeaning>>;

/** One of {@link ERROR_CODES}. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** What an error means that has no code. */
export const UNKNOWN_ERROR: ErrorMeaning = { retry: "restart strategy", needsStack: true };

/** The code of an error; one of the outside that is marked as passing (`retriable: true`) is UNAVAILABLE. Undefined if it has none. */
export function codeOf(error: unknown): ErrorCode | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, retriable } = error as { readonly code?: unknown; readonly retriable?: unknown };
  if (typeof code === "string" && Object.hasOwn(ERROR_CODES, code)) return code as ErrorCode;
  return retriable === true ? "UNAVAILABLE" : undefined;
}

/** What the error means. */
export function meaningOf(error: unknown): ErrorMeaning {
  const code = codeOf(error);
  return code === undefined ? UNKNOWN_ERROR : ERROR_CODES[code];
}

/** Whether the message says all that there is to say, so that neither a stack nor the place where it was thrown would help. */
export function isExpected(error: unknown): boolean {
  return meaningOf(error).needsStack !== true;
}

/** Whether the layer that threw says that a new attempt can succeed. */
export function isRetriable(error: unknown): error is Error {
  return meaningOf(error).retry === "again";
}

/**
 * Whether a restart strategy is asked about it. What says all in its sentence will not heal by another attempt, unless it may pass
 * by what somebody does outside: a disk that is full.
 */
export function mayRestart(error: unknown): boolean {
  return meaningOf(error).retry === "restart strategy";
}

/** How many attempts in a row, without a commit between them, may fail with such an error; +∞ if there is no limit. */
export function maxAttemptsOf(error: unknown): number {
  return meaningOf(error).attempts ?? Number.POSITIVE_INFINITY;
}
