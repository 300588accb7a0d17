import { JobError } from "../errors.ts";
import { type Books, booksOf } from "../reporting/books.ts";
import { emptyView } from "../reporting/job_view.ts";
import type { JobRunEnd } from "./job_run.ts";
import { count } from "../words.ts";

/** What a job came to. */
export interface JobExecutionResult {
  /** As the environment has it. */
  readonly jobName: string;
  /**
   * "stopped" by the signal, after a commit; "finished elsewhere": another instance brought the bounded run to its end;
   * "explained": nothing was run
   */
  readonly end: JobRunEnd | "explained";
  /** Counts of the last attempt. `tableOfBooks()` makes them readable. */
  readonly books: Books;
  /** Where late records and dead letters are kept; undefined if they are dropped. */
  readonly deadLetters?: string | undefined;
  /** Whether an attempt before the last one, which the books do not count, has processed records. */
  readonly processedEarlier?: boolean;
}

/** The result of a job that was described and not run. */
export function explained(jobName: string): JobExecutionResult {
  return { jobName, end: "explained", books: booksOf(emptyView(jobName)) };
}

/**
 * What a job has done stands and is committed; but one that came to its end and could process nothing must not look as if all
 * were well.
 * @throws {JobError} if each of its records was bad
 */
export function checkSuccess({ jobName, end, books, deadLetters, processedEarlier }: JobExecutionResult): void {
  if (end !== "finished" || processedEarlier || !isAllBad(books)) return;
  const fate = deadLetters === undefined
    ? "they were dropped; mend the job and let it read them again"
    : `they are kept in "${deadLetters}"; mend the job and replay them from there`;
  // Calls that the last commit had at work were read by an earlier run.
  const records = count(Math.max(books.recordsIn, books.dead), "record");
  throw new JobError(`Cannot end job "${jobName}" with success: it read ${records} and could process none, ${fate}`);
}

/** Whether an attempt has processed records: it has got some, and not all of them were bad. */
export function hasProcessed(books: Books): boolean {
  return books.recordsIn > 0 && !isAllBad(books);
}

function isAllBad({ recordsIn, recordsOut, dead, sources }: Books): boolean {
  if (dead === 0) return false;
  // Without a record of its own it has only calls that the last commit had at work.
  const noneThrough = recordsIn > 0 && sources.every(({ consumed }) => consumed === 0);
  // What dies in an asynchronous call has gone through its source before.
  return noneThrough || (recordsOut === 0 && dead >= recordsIn);
}
