import type { Clock } from "./clock.ts";
import type { JobSession, JobStore } from "./job_store.ts";
import type { Logger } from "./logger.ts";
import type { Json, Source } from "./source.ts";

/**
 * When a job's output can be seen.
 *
 * - `exactly-once`: with the commit that holds the state and positions it belongs to, so never twice
 * - `at-least-once`: at once, and again if the job has to repeat a part
 */
export type DeliveryGuarantee = "exactly-once" | "at-least-once";

/** Where records go: a description, opened anew for each attempt of the job. */
export interface Sink<T> {
  /** For explain and messages: `topic "flightdata"`. */
  readonly description: string;
  /**
   * Whether output and commit can be one transaction. Where not, the sink delivers at least once, which the job says when
   * it starts; exactly-once asked for by name is then refused.
   */
  exactlyOnceWith(store: JobStore | undefined): boolean;
  /**
   * Whether what it writes would come back through that source of the same job; asked before anything is opened.
   * @returns what would come back how, as the end of a sentence; undefined if nothing would, or nobody can tell
   */
  feeds?(source: Source<unknown>): string | undefined | Promise<string | undefined>;
  /** Opens it, for one attempt of the job. */
  open(context: SinkContext): Promise<SinkWriter<T>>;
}

/** What a sink learns when it is opened. */
export interface SinkContext {
  /** The job's open store, for sinks that write through it. */
  readonly session: JobSession | undefined;
  /** What `prepareCommit()` gave for the last commit; undefined if there is none, or it gave nothing. */
  readonly restored: Json | undefined;
  /** Takes the sink's words to the job's operator. */
  readonly logger: Logger;
  /** The job's clock. */
  readonly clock: Clock;
  /**
   * Gives up a record that `write()` has taken and that only later turned out to be bad, such as a row that a database refused:
   * it goes the way of the job's `onError`. To be called before the promise of `flush()` settles.
   * @throws {OperatorError} if that is "fail"; the error itself if it says that trying again can help (`retriable: true`)
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
  /** Called between batches and before every commit: gets on its way what `write()` has gathered. */
  flush?(): void | Promise<void>;
  /**
   * Takes back the last records written, as a function threw at what they came from. Only what came since the last `flush()`.
   * A sink that has given them out already leaves it out.
   */
  takeBack?(records: number): void;
  /**
   * Called in every commit, after `flush()`, for a sink whose output is no part of the store's transaction.
   * @returns what the next `open()` must know if the job dies after this commit; it is committed with positions and state
   */
  prepareCommit?(): Json | undefined | Promise<Json | undefined>;
  /** The commit that holds what `prepareCommit()` gave has happened: output may become visible. */
  committed?(): void | Promise<void>;
  /** Called when the attempt ends, however it ends. */
  close?(): void | Promise<void>;
}
