/**
 * The part of the broker port that is for people: reports of running jobs, and notes between people and jobs. They lie beside the
 * records, no result depends on them, and a broker that keeps none runs the same jobs.
 */

/** What an instance of a job last reported of itself. */
export interface StatusReport {
  /** The job's name. */
  readonly job: string;
  /** Unique among all instances, ever. */
  readonly instance: string;
  /** When it was written, ms since the Unix epoch, by the clock of the machine where the job runs. */
  readonly atMs: number;
  /** The report: a `JobStatus` as JSON. */
  readonly text: string;
}

/**
 * What people and jobs exchange beside the records: `requests` to follow records, and what jobs have seen of those, the
 * `traces`. On Kafka each is a topic, `jobs.requests` and `jobs.traces`, which its first writer creates.
 */
export type Board = "requests" | "traces";

/** What stands on a board under a key. */
export interface Note {
  /** Unique on its board. */
  readonly key: string;
  /** When it was written, ms since the Unix epoch, by the clock of its writer. */
  readonly atMs: number;
  /** JSON. */
  readonly text: string;
}

/** How long the report of an instance that writes no more is kept, ms. */
export const STATUS_KEPT_MS = 86_400_000;
/** How many reports of instances of one job are kept, the newest ones. */
export const STATUS_KEPT_INSTANCES = 20;

/** How many notes of a board are kept, the newest ones. */
export const KEPT_NOTES = 200;

/** Reports and notes at a broker; it leaves out what it does not keep. */
export interface BrokerReports {
  /**
   * Keeps the report of an instance in place of its last one. Reports are for people: they are kept for about a day, and lost
   * without harm. One call of an instance at a time. Left out by a broker that keeps no reports.
   * @throws {BrokerError} if it cannot be written, for instance without the right to
   */
  reportStatus?(report: StatusReport): Promise<void>;
  /** The newest report of each instance of any job, also of instances that have ended or died within about a day. */
  statusReports?(): Promise<StatusReport[]>;
  /**
   * Keeps a note in place of the one with its key. Notes are for people: they are kept for about a day, at most
   * `KEPT_NOTES` of a board, and lost without harm. Left out by a broker that keeps no notes.
   * @throws {BrokerError} if it cannot be written, for instance without the right to
   */
  keepNote?(board: Board, note: Note): Promise<void>;
  /** The newest note of each key, of the last day, in the order of time. */
  notes?(board: Board): Promise<Note[]>;
}
