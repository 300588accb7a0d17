/** How operations of a broker fail, whichever adapter it is. */

import type { ErrorCode } from "../engine/mod.ts";

/** A failure of the broker that its user has to know of or mend; its message is one sentence for a person. */
export class BrokerError extends Error {
  /** Names the class in messages. */
  override name = "BrokerError";
  /** What follows from it, see docs/errors.md. */
  readonly code: ErrorCode = "BROKER_REFUSED";
}

/** The broker does not answer, or not in time. */
export class BrokerUnavailableError extends BrokerError {
  /** Names the class in messages. */
  override name = "BrokerUnavailableError";
  /** It may answer again. */
  override readonly code: ErrorCode = "BROKER_UNAVAILABLE";
}

/**
 * The broker keeps answering with an error that names no mistake. Brokers do so while they shut down or a leader changes, so
 * it is retried; after some attempts without progress it is final.
 */
export class UnexpectedAnswerError extends BrokerUnavailableError {
  /** Names the class in messages. */
  override name = "UnexpectedAnswerError";
  /** A job gives up after some attempts in a row without a commit. */
  override readonly code = "UNEXPECTED_ANSWER";
}

/** The disk is full; nothing of what was to be written is kept. A job's restart strategy decides what happens next. */
export class DiskFullError extends BrokerError {
  /** Names the class in messages. */
  override name = "DiskFullError";
  /** Somebody may free disk space. */
  override readonly code = "DISK_FULL";
}

/** Topics (or a partition) that do not exist. */
export class UnknownTopicError extends BrokerError {
  /** Names the class in messages. */
  override name = "UnknownTopicError";
  /** What follows from it, see docs/errors.md. */
  override readonly code = "UNKNOWN_TOPIC";
  /** Keeps the names, for programs. */
  constructor(readonly topics: readonly string[], message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

/** Topics that exist already. */
export class TopicExistsError extends BrokerError {
  /** Names the class in messages. */
  override name = "TopicExistsError";
  /** What follows from it, see docs/errors.md. */
  override readonly code = "TOPIC_EXISTS";
  /** Keeps the names, for programs. */
  constructor(readonly topics: readonly string[], message: string) {
    super(message);
  }
}

/** A position outside of its partition. */
export class OffsetOutOfRangeError extends BrokerError {
  /** Names the class in messages. */
  override name = "OffsetOutOfRangeError";
  /** What follows from it, see docs/errors.md. */
  override readonly code = "OFFSET_OUT_OF_RANGE";
}

/** Another instance of the job has taken over. An instance that tries again stands by. */
export class FencedError extends BrokerError {
  /** Names the class in messages. */
  override name = "FencedError";
  /** The job may stand by. */
  override readonly code = "FENCED";
}

/** The job is running elsewhere, which the request does not allow. */
export class JobActiveError extends BrokerError {
  /** Names the class in messages. */
  override name = "JobActiveError";
  /** What follows from it, see docs/errors.md. */
  override readonly code = "JOB_ACTIVE";
}
