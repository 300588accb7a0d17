import type { Clock } from "./clock.ts";
import type { JobSession, JobStore } from "./job_store.ts";
import type { Logger } from "./logger.ts";
import type { Json, Source } from "./source.ts";
import type { SentRecord } from "./trace.ts";

/**
 * When a job's output becomes visible.
 *
 * - `exactly-once`: with the commit of the state and positions that belong to it, so never twice
 * - `at-least-once`: at once, and again if the job has to repeat a part
 */
export type DeliveryGuarantee = "exactly-once" | "at-least-once";

/** Where records go: a description, which is opened for each attempt of the job. */
export interface Sink<T> {
  /** For explain and messages: `topic "flightdata"`. */
  readonly description: string;
  /**
   * Whether output and commit can be one transaction. If not, the sink delivers at least once, which the job logs when it starts;
   * a job that asks for exactly-once is refused then.
   */
  exactlyOnceWith(store: JobStore | undefined): boolean;
  /**
   * Whether that source of the same job would read what this sink writes; called before anything is opened.
   * @returns how it would, as the end of a sentence; undefined if it would not, or that is not known
   */
  feeds?(source: Source<unknown>): string | undefined | Promise<string | undefined>;
  /** Opens it, for one attempt of the job. */
  open(context: SinkContext): Promise<SinkWriter<T>>;
  /**
   * Opens it for a run that writes nothing and only looks at what would be written: the same checks are made of the same records.
   * Left out: such a run does not open the sink, and sees the values only.
   */
  openDry?(context: SinkContext): Promise<SinkWriter<T>>;
}

/** What a sink gets when it is opened. */
export interface SinkContext {
  /** The job's open store, for sinks that write through it. */
  readonly session: JobSession | undefined;
  /** What `prepareCommit()` returned for the last commit; undefined if there is no commit, or it returned nothing. */
  readonly restored: Json | undefined;
  /** What `prepareParts()` returned for the last commit; left out without a commit. */
  readonly restoredParts?: readonly Json[];
  /** Logs for the person who runs the job. */
  readonly logger: Logger;
  /** The job's clock. */
  readonly clock: Clock;
  /**
   * Reports that a record which `write()` has taken has failed later, such as a row that a database refused: what happens to it
   * is the job's `onError`. To be called before the promise of `flush()` settles.
   * @throws {OperatorError} if `onError` is "fail"; the error itself if it is marked as passing (`retriable: true`)
   */
  refuse(value: unknown, timestampMs: number, error: unknown): void;
}

/** An open sink. */
export interface SinkWriter<T> {
  /**
   * Takes a record without waiting.
   * @param timestampMs event time, or NO_TIMESTAMP
   */
  write(value: T, timestampMs: number): void;
  /** The record that `write()` makes of a value, for traces; left out by sinks that do not write to a topic. */
  describe?(value: T, timestampMs: number): SentRecord;
  /** Called between batches and before every commit: sends what `write()` has buffered. */
  flush?(): void | Promise<void>;
  /** Called once when no record will follow in this run, before the last `flush()`. */
  endOfInput?(): void;
  /**
   * Takes back the last records that were written since the last `flush()`, as a function has thrown at the record that they came
   * from. A sink without it has sent them already.
   */
  takeBack?(records: number): void;
  /**
   * Called in every commit, after `flush()`, for a sink whose output is not part of the store's transaction.
   * @returns what the next `open()` must know if the job dies after this commit; it is committed with positions and state
   */
  prepareCommit?(): Json | undefined | Promise<Json | undefined>;
  /**
   * Called in every commit, after `prepareCommit()`, for a sink with a long list to remember: each part is an entry of its own, of
   * which only those that are other objects than before are written.
   */
  prepareParts?(): readonly Json[];
  /** Called when the commit with the result of `prepareCommit()` has been made: output may become visible. */
  committed?(): void | Promise<void>;
  /** Called when the attempt ends, however it ends. */
  close?(): void | Promise<void>;
}
