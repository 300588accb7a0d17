/** From Kafka's error codes to the port's errors, and retries of what may pass. */
import { BrokerError, BrokerUnavailableError, UnexpectedAnswerError } from "../broker_errors.ts";
import { knownCodes } from "./kafkajs.ts";

/** The codes that code in this folder branches on. */
export const Code = {
  NONE: 0,
  OFFSET_OUT_OF_RANGE: 1,
  CORRUPT_MESSAGE: 2,
  UNKNOWN_TOPIC_OR_PARTITION: 3,
  MESSAGE_TOO_LARGE: 10,
  NOT_COORDINATOR: 16,
  INVALID_TOPIC: 17,
  RECORD_LIST_TOO_LARGE: 18,
  ILLEGAL_GENERATION: 22,
  INCONSISTENT_GROUP_PROTOCOL: 23,
  UNKNOWN_MEMBER_ID: 25,
  INVALID_SESSION_TIMEOUT: 26,
  REBALANCE_IN_PROGRESS: 27,
  INVALID_TIMESTAMP: 32,
  UNSUPPORTED_SASL_MECHANISM: 33,
  ILLEGAL_SASL_STATE: 34,
  UNSUPPORTED_VERSION: 35,
  TOPIC_ALREADY_EXISTS: 36,
  INVALID_REPLICATION_FACTOR: 38,
  INVALID_CONFIG: 40,
  POLICY_VIOLATION: 44,
  OUT_OF_ORDER_SEQUENCE: 45,
  DUPLICATE_SEQUENCE: 46,
  INVALID_PRODUCER_EPOCH: 47,
  INVALID_TXN_STATE: 48,
  INVALID_PRODUCER_ID_MAPPING: 49,
  CONCURRENT_TRANSACTIONS: 51,
  TRANSACTION_COORDINATOR_FENCED: 52,
  OPERATION_NOT_ATTEMPTED: 55,
  UNKNOWN_PRODUCER_ID: 59,
  NON_EMPTY_GROUP: 68,
  GROUP_ID_NOT_FOUND: 69,
  MEMBER_ID_REQUIRED: 79,
  INVALID_RECORD: 87,
  PRODUCER_FENCED: 90,
  UNKNOWN_TOPIC_ID: 100,
} as const;

/**
 * Codes that name a mistake: a retry would get them again. All others may pass, unknown ones too: brokers answer -1 when they
 * are shut down in the middle of a request, and newer brokers have codes that we do not know.
 */
const FINAL = new Set<number>([
  3, // UNKNOWN_TOPIC_OR_PARTITION
  4, // INVALID_FETCH_SIZE
  10, // MESSAGE_TOO_LARGE
  12, // OFFSET_METADATA_TOO_LARGE
  17, // INVALID_TOPIC
  18, // RECORD_LIST_TOO_LARGE
  21, // INVALID_REQUIRED_ACKS
  23, // INCONSISTENT_GROUP_PROTOCOL
  24, // INVALID_GROUP_ID
  26, // INVALID_SESSION_TIMEOUT
  28, // INVALID_COMMIT_OFFSET_SIZE
  29, // TOPIC_AUTHORIZATION_FAILED
  30, // GROUP_AUTHORIZATION_FAILED
  31, // CLUSTER_AUTHORIZATION_FAILED
  32, // INVALID_TIMESTAMP
  33, // UNSUPPORTED_SASL_MECHANISM
  34, // ILLEGAL_SASL_STATE
  35, // UNSUPPORTED_VERSION
  36, // TOPIC_ALREADY_EXISTS
  37, // INVALID_PARTITIONS
  38, // INVALID_REPLICATION_FACTOR
  39, // INVALID_REPLICA_ASSIGNMENT
  40, // INVALID_CONFIG
  42, // INVALID_REQUEST
  43, // UNSUPPORTED_FOR_MESSAGE_FORMAT
  44, // POLICY_VIOLATION
  50, // INVALID_TRANSACTION_TIMEOUT
  53, // TRANSACTIONAL_ID_AUTHORIZATION_FAILED
  54, // SECURITY_DISABLED
  58, // SASL_AUTHENTICATION_FAILED
  65, // DELEGATION_TOKEN_AUTHORIZATION_FAILED
  68, // NON_EMPTY_GROUP
  69, // GROUP_ID_NOT_FOUND
  73, // TOPIC_DELETION_DISABLED
  76, // UNSUPPORTED_COMPRESSION_TYPE
  81, // GROUP_MAX_SIZE_REACHED
  87, // INVALID_RECORD
]);

/** Codes of a cluster that is busy with something: they are retried however long it takes. */
const WORKING = new Set<number>([
  5, // LEADER_NOT_AVAILABLE
  6, // NOT_LEADER_OR_FOLLOWER
  7, // REQUEST_TIMED_OUT
  8, // BROKER_NOT_AVAILABLE
  9, // REPLICA_NOT_AVAILABLE
  13, // NETWORK_EXCEPTION
  14, // COORDINATOR_LOAD_IN_PROGRESS
  15, // COORDINATOR_NOT_AVAILABLE
  16, // NOT_COORDINATOR
  19, // NOT_ENOUGH_REPLICAS
  20, // NOT_ENOUGH_REPLICAS_AFTER_APPEND
  41, // NOT_CONTROLLER
  51, // CONCURRENT_TRANSACTIONS
  56, // KAFKA_STORAGE_ERROR
  72, // LISTENER_NOT_FOUND
  74, // FENCED_LEADER_EPOCH
  75, // UNKNOWN_LEADER_EPOCH
  78, // OFFSET_NOT_AVAILABLE
  88, // UNSTABLE_OFFSET_COMMIT
  89, // THROTTLING_QUOTA_EXCEEDED
  100, // UNKNOWN_TOPIC_ID
]);

/** Codes for a transactional id that another producer has taken over. */
const FENCED = new Set<number>([
  Code.INVALID_PRODUCER_EPOCH,
  Code.INVALID_PRODUCER_ID_MAPPING,
  Code.TRANSACTION_COORDINATOR_FENCED,
  Code.PRODUCER_FENCED,
]);

/** Names of codes that are newer than kafkajs, or were renamed when coordinators came to serve transactions too. */
const NEW_NAMES: Readonly<Record<number, string>> = {
  6: "NOT_LEADER_OR_FOLLOWER",
  14: "COORDINATOR_LOAD_IN_PROGRESS",
  15: "COORDINATOR_NOT_AVAILABLE",
  16: "NOT_COORDINATOR",
  89: "THROTTLING_QUOTA_EXCEEDED",
  90: "PRODUCER_FENCED",
  95: "INCONSISTENT_CLUSTER_ID",
  100: "UNKNOWN_TOPIC_ID",
  120: "TRANSACTION_ABORTABLE",
};

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
  const name = NEW_NAMES[code] ?? knownCodes.find((known) => known.code === code)?.type ?? "an unknown error";
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

/** What is retried, and for how long. */
export interface Patience {
  /** What is done, as it goes on after "Cannot". */
  readonly doing: string;
  /** Default 30 s. */
  readonly withinMs?: number;
  /** Stops the retries, with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Logs, once, that it takes long, and then that it has succeeded. */
  readonly log?: (level: "info" | "warn", message: string) => void;
}

/** First pause between attempts; it doubles up to the longest. */
const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 250;
/** How long retries go on before they are logged, ms. */
const LONG_MS = 2_000;

/**
 * Repeats `attempt` while it fails with a {@link PassingError}.
 *
 * @throws {BrokerUnavailableError} if that takes too long
 */
export async function patiently<T>(patience: Patience, attempt: () => Promise<T>): Promise<T> {
  const { doing, withinMs = 30_000, signal, log } = patience;
  const startMs = performance.now();
  let logged = false;
  for (let pauseMs = FIRST_PAUSE_MS;; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    signal?.throwIfAborted();
    try {
      const result = await attempt();
      if (logged) log?.("info", `can ${doing} again, after ${Math.round((performance.now() - startMs) / 1000)} s`);
      return result;
    } catch (error) {
      if (!(error instanceof PassingError)) throw error;
      signal?.throwIfAborted();
      const triedMs = performance.now() - startMs;
      if (triedMs + pauseMs > withinMs) {
        throw impatient(doing, error);
      }
      if (triedMs > LONG_MS && !logged) {
        logged = true;
        log?.("warn", `trying again to ${doing}: ${error.message}`);
      }
      // The broker finishes a commit within a few ms: growing pauses would only delay the next one.
      await pause(error.code === Code.CONCURRENT_TRANSACTIONS ? 3 : pauseMs, signal);
    }
  }
}

/** Resolves after `ms`, or at once when the signal is aborted. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, Math.max(ms, 0));
    signal?.addEventListener("abort", done);
  });
}

/** Resolves when `promise` has settled, after `ms` at the latest. */
export async function settledWithin(ms: number, promise: Promise<unknown>): Promise<void> {
  const { promise: elapsed, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, Math.max(ms, 0));
  await Promise.race([promise.catch(() => {}), elapsed]);
  clearTimeout(timer);
}
