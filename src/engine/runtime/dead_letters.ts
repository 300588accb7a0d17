import type { Clock } from "../clock.ts";
import { formatOrigin, JobError, OperatorError, type RecordError } from "../errors.ts";
import type { DeadLetter, Firing, JobSession } from "../job_store.ts";
import type { Logger } from "../logger.ts";
import { formatTime } from "../record.ts";
import { DeadCounter, type DeadLimit } from "./dead_limit.ts";
import type { ErrorPolicy } from "./error_policy.ts";
import { count, formatCount } from "../words.ts";

/** So many are shown of each kind, the others counted. */
const SHOWN = 10;

type Letter = Omit<DeadLetter, "attempt">;

/** Records of one kind: those that came too late, or those that could not be processed. */
interface Kind {
  readonly name: string;
  count: number;
  dropped: number;
}

/** How a job treats what it cannot process, and which attempt it is. */
export interface DeadLettersOptions {
  readonly jobName: string;
  readonly onError: ErrorPolicy;
  readonly maxDead: DeadLimit;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Keeps them; undefined: they are dropped. */
  readonly session: JobSession | undefined;
  /** Of the attempt, counted from 1. */
  readonly number: number;
  /** Whether the attempt comes to an end by itself. */
  readonly ends: boolean;
}

/** Among how many a dead letter is one. */
export interface DeadLetterShare {
  /** How many records the sources have emitted so far. */
  readonly recordsIn: number;
  /**
   * How many records its operator has got, if one record of the job can become several dead letters, as with asynchronous calls; how often
   * it has fired, of a window or timer that fires by time. Undefined: the dead letter is one record of the job.
   */
  readonly of: number | undefined;
}

/**
 * The dead letters of one attempt of a job: records that could not be processed, and late ones. They are logged, and kept or
 * dropped. Too many that could not be processed end the job.
 */
export class DeadLetters {
  readonly #options: DeadLettersOptions;
  readonly #counter: DeadCounter;
  readonly #late: Kind = { name: "late record", count: 0, dropped: 0 };
  readonly #failed: Kind = { name: "dead letter", count: 0, dropped: 0 };

  constructor(options: DeadLettersOptions) {
    this.#options = options;
    this.#counter = new DeadCounter(options.maxDead, options.ends);
  }

  /** Where dead letters are kept; undefined if they are dropped. */
  get keptIn(): string | undefined {
    return this.#keeper?.deadLetters;
  }

  /** @throws {JobError} if the limit of records that could not be processed is passed */
  add(letter: Letter, share: DeadLetterShare): void {
    const isLate = letter.errorClass === "LateRecord";
    const kind = isLate ? this.#late : this.#failed;
    const keeper = this.#keeperOf(letter);
    kind.count++;
    if (keeper === undefined) kind.dropped++;
    if (kind.count <= SHOWN) this.#warn(`${describeLetter(letter)}; ${this.#fate(keeper)}`);
    if (kind.count === SHOWN) this.#warn(`further ${kind.name}s are counted, not shown`);
    keeper?.deadLetter({ ...letter, attempt: this.#options.number });
    if (!isLate) this.#checkLimit(letter, share);
  }

  /** Logs how many of the records were dropped, when the attempt is over. */
  logTotals(recordsIn: number): void {
    const of = formatCount(recordsIn);
    for (const { name, dropped } of [this.#late, this.#failed]) {
      if (dropped > 0) this.#warn(`dropped ${count(dropped, name)} of ${of}, as ${this.#whyDropped}`);
    }
    if (this.#late.dropped === 0) return;
    this.#warn(
      "late records are waited for with a larger bound in forBoundedOutOfOrderness(), or with allowedLateness(), " +
        "and kept with sideOutputLateData() or a store",
    );
  }

  /** A late record is not an error: with `onError: "fail"` it is kept all the same. */
  get #keeper(): JobSession | undefined {
    return this.#options.onError === "skip" ? undefined : this.#options.session;
  }

  /** A window or timer without which the job goes on is kept whatever `onError` is. */
  #keeperOf({ firing }: Letter): JobSession | undefined {
    return firing === undefined ? this.#keeper : this.#options.session;
  }

  #fate(keeper: JobSession | undefined): string {
    if (keeper !== undefined) return `kept in "${keeper.deadLetters}"`;
    return this.#options.onError === "skip" ? "it is skipped" : `it is dropped, as ${this.#whyDropped}`;
  }

  get #whyDropped(): string {
    return this.#options.onError === "skip" ? 'the error policy is "skip"' : "the job has no store";
  }

  #warn(message: string): void {
    this.#options.logger.warn(`${this.#options.jobName}: ${message}`);
  }

  #checkLimit(letter: Letter, { recordsIn: number, of }: DeadLetterShare): void {
    const { clock, jobName } = this.#options;
    const nowMs = clock.monotonicMs();
    const passed = this.#counter.add(
      letter.firing === undefined || of === undefined
        ? { number, weight: of === undefined ? 1 : Math.min(1, number / of), nowMs }
        // Windows and timers are counted by their own share: it does not depend on how many records they have.
        : { number: of, weight: 1, nowMs, firingOf: letter.operator },
    );
    if (passed === undefined) return;
    const keeper = this.#keeperOf(letter);
    const kept = keeper === undefined ? "are dropped" : `are in "${keeper.deadLetters}"`;
    throw new JobError(
      `Cannot go on with job "${jobName}": ${passed} could not be processed; the last one: ${
        describeLetter(letter)
      }; ` +
        `those since the last commit are read again by the next start, earlier ones ${kept}; ` +
        "mend the job and start it again, or say with --max-dead how many it may go on with",
    );
  }
}

/** `counts: TypeError: no such traveller, at "skyone" partition 3 offset 1204` */
function describeLetter({ operator, errorClass, message, origin, firing }: Letter): string {
  // The message of a record that could not be decoded has its place already.
  const place = firing !== undefined
    ? `, in ${describeFiring(firing)}`
    : origin === undefined || message.includes(formatOrigin(origin))
    ? ""
    : `, at ${formatOrigin(origin)}`;
  const what = errorClass === "RecordError" || errorClass === "LateRecord" ? message : `${errorClass}: ${message}`;
  return `${operator}: ${what}${place}`;
}

/** `window [0, 10) of key "a"` or `a timer at 2026-10-19T12:00:00.000Z of key "a"`, after "in". */
export function describeFiring({ key, window, timerMs }: Firing): string {
  const what = window === undefined ? `a timer at ${formatTime(timerMs!)}` : `window ${window}`;
  return `${what} of key ${JSON.stringify(key)}`;
}

/** Whether the job goes on without the record at which this was thrown. */
export function becomesDeadLetter(error: unknown, policy: ErrorPolicy): error is OperatorError {
  return policy !== "fail" && error instanceof OperatorError && error.byRecord;
}

/** What a dead letter says of an error: the function's own words, without the operator's name, which stands beside them. */
export function errorOf(error: OperatorError | RecordError): { errorClass: string; message: string } {
  const thrown: unknown = error instanceof OperatorError ? error.cause : error;
  return thrown instanceof Error
    ? { errorClass: thrown.name, message: thrown.message }
    : { errorClass: typeof thrown, message: String(thrown) };
}
