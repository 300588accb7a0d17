/** How operations of a broker fail, whichever adapter it is. */

/** A failure of the broker that its user has to know of or mend; its message is one sentence for a person. */
export class BrokerError extends Error {
  /** Names the class in messages. */
  override name = "BrokerError";
  /** True: programs print the message without its stack. */
  readonly expected: boolean = true;
  /** Whether a later attempt may succeed. */
  readonly retriable: boolean = false;
}

/** The broker does not answer, or not in time. */
export class BrokerUnavailableError extends BrokerError {
  /** Names the class in messages. */
  override name = "BrokerUnavailableError";
  /** True: it may answer again. */
  override readonly retriable = true;
}

/**
 * The broker keeps answering with an error that names no mistake. Brokers do so while they shut down or a leader changes, so
 * it is retried; after some attempts without progress it is final.
 */
export class UnexpectedAnswerError extends BrokerUnavailableError {
  /** Names the class in messages. */
  override name = "UnexpectedAnswerError";
  /** How many attempts of a job in a row may end with it without a new commit in between. */
  readonly maxAttempts = 20;
}

/** The disk is full; nothing of what was to be written is kept. A job's restart strategy decides what happens next. */
export class DiskFullError extends BrokerError {
  /** Names the class in messages. */
  override name = "DiskFullError";
  /** True: somebody may free disk space. */
  readonly mayPass = true;
}

/** Topics (or a partition) that do not exist. */
export class UnknownTopicError extends BrokerError {
  /** Names the class in messages. */
  override name = "UnknownTopicError";
  /** Keeps the names, for programs. */
  constructor(readonly topics: readonly string[], message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

/** Topics that exist already. */
export class TopicExistsError extends BrokerError {
  /** Names the class in messages. */
  override name = "TopicExistsError";
  /** Keeps the names, for programs. */
  constructor(readonly topics: readonly string[], message: string) {
    super(message);
  }
}

/** A position outside of its partition. */
export class OffsetOutOfRangeError extends BrokerError {
  /** Names the class in messages. */
  override name = "OffsetOutOfRangeError";
}

/** Another instance of the job has taken over. An instance that tries again stands by. */
export class FencedError extends BrokerError {
  /** Names the class in messages. */
  override name = "FencedError";
  /** True: the job may stand by. */
  override readonly retriable = true;
}

/** The job is running elsewhere, which the request does not allow. */
export class JobActiveError extends BrokerError {
  /** Names the class in messages. */
  override name = "JobActiveError";
}
