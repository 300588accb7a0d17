import type { JobSession, JobStore } from "./job_store.ts";

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
  open(context: SinkContext): Promise<SinkWriter<T>>;
}

/** What a sink learns when it is opened. */
export interface SinkContext {
  /** The job's open store, for sinks that write through it. */
  readonly session: JobSession | undefined;
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
  close?(): void | Promise<void>;
}
