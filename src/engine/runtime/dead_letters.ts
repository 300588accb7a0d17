import { formatOrigin, JobError, OperatorError, type RecordError } from "../errors.ts";
import type { DeadLetter, JobSession } from "../job_store.ts";
import type { ErrorPolicy, JobRunOptions } from "./options.ts";

/** So many bad records are shown, the others counted. */
const SHOWN = 10;

type Letter = Omit<DeadLetter, "attempt">;

/** What becomes of the records that one attempt of a job could not process: they are told and kept, and too many end the job. */
export class DeadLetters {
  readonly #options: JobRunOptions;
  readonly #session: JobSession | undefined;
  readonly #attempt: number;
  #count = 0;
  /** When they died within the last minute, ms; kept only if there is a limit. */
  #times: number[] = [];

  constructor(options: JobRunOptions, session: JobSession | undefined, attempt: number) {
    this.#options = options;
    this.#session = session;
    this.#attempt = attempt;
  }

  /** @throws {JobError} if there are more within a minute than the job stands */
  add(letter: Letter): void {
    const session = this.#options.onError === "dead-letter" ? this.#session : undefined;
    this.#tell(letter, session === undefined ? this.#whyDropped() : `kept in "${session.deadLetters}"`);
    session?.deadLetter({ ...letter, attempt: this.#attempt });
    this.#checkRate(letter);
  }

  #tell(letter: Letter, fate: string): void {
    this.#count++;
    const { logger, jobName } = this.#options;
    if (this.#count <= SHOWN) logger.warn(`${jobName}: ${describeLetter(letter)}; ${fate}`);
    if (this.#count === SHOWN) logger.warn(`${jobName}: further bad records are counted, not shown`);
  }

  #whyDropped(): string {
    return this.#options.onError === "skip" ? "it is skipped" : "it is dropped, as the job has no store";
  }

  #checkRate(letter: Letter): void {
    const { maxDeadPerMinute, clock, jobName } = this.#options;
    if (maxDeadPerMinute === Number.POSITIVE_INFINITY) return;
    const now = clock.now();
    this.#times = [...this.#times.filter((ms) => ms > now - 60_000), now];
    if (this.#times.length <= maxDeadPerMinute) return;
    throw new JobError(
      `Cannot go on with job "${jobName}": more than ${maxDeadPerMinute} records within a minute could not be processed; ` +
        `the last one: ${describeLetter(letter)}`,
    );
  }
}

/** `counts: TypeError: no such traveller, at "skyone" partition 3 offset 1204` */
function describeLetter({ operator, errorClass, message, origin }: Letter): string {
  // What could not be decoded says by itself where it lies.
  const place = origin === undefined || message.includes(formatOrigin(origin)) ? "" : `, at ${formatOrigin(origin)}`;
  const what = errorClass === "RecordError" || errorClass === "LateRecord" ? message : `${errorClass}: ${message}`;
  return `${operator}: ${what}${place}`;
}

/** Whether the job goes on without the record at which this was thrown. */
export function mayBury(error: unknown, policy: ErrorPolicy): error is OperatorError {
  return policy !== "fail" && error instanceof OperatorError && error.byRecord;
}

/** What a dead letter says of an error: the function's own words, without the operator's name, which stands beside them. */
export function wordsOf(error: OperatorError | RecordError): { errorClass: string; message: string } {
  const thrown: unknown = error instanceof OperatorError ? error.cause : error;
  return thrown instanceof Error
    ? { errorClass: thrown.name, message: thrown.message }
    : { errorClass: typeof thrown, message: String(thrown) };
}
