/** From Kafka's error codes to errors: the port's, and those that a retry may cure. */
import { BrokerError, BrokerUnavailableError, UnexpectedAnswerError } from "../broker_errors.ts";
import { CODE_NAMES } from "./code_names.ts";
import { Code, FENCED, FINAL, WORKING } from "./error_codes.ts";

/** A failure that may pass, so that a retry is the answer. It never leaves this folder. */
export class PassingError extends Error {
  override name = "PassingError";
  /** Kafka's code, or undefined if the connection failed. */
  readonly code: number | undefined;
  /** Whether the other side has closed the connection. */
  readonly hungUp: boolean;
  /** Whether nothing listens at the address. */
  readonly refused: boolean;
  /** What to do if it does not pass, as the end of a sentence; "" if nothing is known. */
  readonly advice: string;

  constructor(
    message: string,
    options: ErrorOptions & Partial<Pick<PassingError, "code" | "hungUp" | "refused" | "advice">> = {},
  ) {
    super(message, options);
    this.code = options.code;
    this.hungUp = options.hungUp ?? false;
    this.refused = options.refused ?? false;
    this.advice = options.advice ?? "";
  }
}

/**
 * The error for a failure that should have passed, when the time for retries is over.
 *
 * A job waits as long as it takes for a cluster that does not answer or is busy. A cluster that keeps answering with an
 * unexpected error might do so for ever.
 */
export function impatient(doing: string, error: PassingError): BrokerUnavailableError {
  const message = `Cannot ${doing}: ${error.message}`;
  return error.code === undefined || WORKING.has(error.code)
    ? new BrokerUnavailableError(message, { cause: error })
    : new UnexpectedAnswerError(message, { cause: error });
}

/** Our epoch of the transactional id was ended by somebody else. It never leaves this folder. */
export class ProducerFencedError extends Error {
  override name = "ProducerFencedError";
  /** Whether the broker has no such transactional id any more, rather than a newer epoch of it. */
  readonly forgotten: boolean;

  constructor(message: string, code: number) {
    super(message);
    this.forgotten = code === Code.INVALID_PRODUCER_ID_MAPPING;
  }
}

/** "NOT_COORDINATOR (16)" */
export function codeName(code: number): string {
  const name = CODE_NAMES.get(code) ?? "an unknown error";
  return `${name} (${code})`;
}

/** The error for a code that is not 0. `doing` goes on after "Cannot": `join the group "a"`. */
export function codeError(code: number, doing: string, detail?: string | null): Error {
  const answer = `Kafka answered ${codeName(code)}${detail ? `: ${detail}` : ""}`;
  if (FENCED.has(code)) return new ProducerFencedError(answer, code);
  if (FINAL.has(code)) return new BrokerError(`Cannot ${doing}: ${answer}`);
  return new PassingError(answer, { code });
}

/** Throws the error for a code that is not 0. `doing` goes on after "Cannot": `join the group "a"`. */
export function checkCode(code: number, doing: string, detail?: string | null): void {
  if (code !== Code.NONE) throw codeError(code, doing, detail);
}
