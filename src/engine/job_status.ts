/**
 * What an instance of a job reports of itself once a second: the record that `deno task jobs`, `deno task top`, the metrics and a
 * dashboard are made of. It goes through the job's store (see `JobStore.reportStatus`), which keeps the newest of each instance, so
 * nobody needs a way to the job itself.
 *
 * The record is JSON. A field that is added is optional and leaves the format as it is; a reader ignores fields that it
 * does not know. A field that is removed, or means something else, makes another format, which older readers leave out.
 *
 * Times are ms since the Unix epoch, by the clock of the machine where the job runs. An event time is null where there is none yet,
 * and {@link END_OF_TIME} where all input has ended, as JSON has no infinity.
 */

import type { Json } from "./source.ts";

/** The format of the records that are written now. */
export const STATUS_FORMAT = 1;

/** Stands for the watermark after the last record, Flink's Long.MAX_VALUE. */
export const END_OF_TIME = Number.MAX_SAFE_INTEGER;

/**
 * - `starting`: it opens the job, or restores the last commit
 * - `standby`: another instance is active, and this one takes over when it ends
 * - `running`: an attempt is at work
 * - `restarting`: an attempt has failed, and the next one begins soon
 * - `finished`: it came to the end of its input
 * - `stopped`: somebody stopped it, after a commit
 * - `failed`: it ended with an error
 */
export type InstanceState = "starting" | "standby" | "running" | "restarting" | "finished" | "stopped" | "failed";

/** The status of one instance of a job at one moment. */
export interface JobStatus {
  /** Version of the layout that it was written in. */
  readonly format: number;
  /** The job's name. */
  readonly job: string;
  /** Unique among all instances, ever. */
  readonly instance: string;
  /** Where it runs, for people: "process 4711 on host1". */
  readonly process?: string | undefined;
  /** When this instance began. */
  readonly startedAtMs: number;
  /** When this was written. */
  readonly atMs: number;
  /** Between two reports, ms. */
  readonly intervalMs: number;
  /** After so long without a sign of life another instance takes over, ms: then this one counts as gone. */
  readonly sessionTimeoutMs: number;
  /** What it does. */
  readonly state: InstanceState;
  /** Since when it does that. */
  readonly sinceMs: number;
  /** The active instance, while this one stands by: "process 4711". */
  readonly holder?: string | undefined;
  /** Attempts that have failed. */
  readonly restarts: number;
  /** The newest error that ended an attempt. */
  readonly lastError?: ErrorStatus | undefined;
  /** The newest errors that ended attempts, oldest first; the last one is `lastError`. Left out before the first. */
  readonly errors?: readonly ErrorStatus[] | undefined;
  /** Of the attempt at work, or of the last one; left out before the first. */
  readonly attempt?: AttemptStatus | undefined;
}

/** One attempt of a job: its numbers begin anew with each attempt. */
export interface AttemptStatus {
  /** Sums over the job, as `Books` has them. */
  readonly records: RecordTotals;
  /** Records a second over the last ten seconds or so, read by the sources and written by the sinks. */
  readonly inPerSecond: number;
  /** Records that reached the sinks, a second. */
  readonly outPerSecond: number;
  /** Records that are known to be there and have not been read. */
  readonly lag: number;
  /** What the job's thread did in the last ten seconds or so; the shares add up to 1. */
  readonly time: TimeShares;
  /** Sources, operators and sinks in the order of the job. */
  readonly nodes: readonly NodeStatus[];
  /** The ways from node to node. */
  readonly edges: readonly EdgeStatus[];
  /** What has been committed. */
  readonly commits: CommitsStatus;
  /** Where dead letters are kept; left out if they are dropped. */
  readonly deadLetters?: string | undefined;
  /** Why nothing comes out, in a sentence; left out if that is no wonder, as records are at work. */
  readonly whyNothingComesOut?: string | undefined;
  /** Left out while the job makes progress, or has nothing to do. */
  readonly stuck?: StuckStatus | undefined;
}

/** What became of an attempt's records. */
export interface RecordTotals {
  /** Read by the sources. */
  readonly in: number;
  /** Taken by the sinks. */
  readonly out: number;
  /** Let pass no further, by filters and splits. */
  readonly filtered: number;
  /** Came too late. */
  readonly late: number;
  /** Could not be decoded, or a function threw at them. */
  readonly dead: number;
  /** Windows and timers at which a function threw, and which the job went on without. */
  readonly failed: number;
  /** Their times are too far ahead of the clock to move event time. */
  readonly ahead: number;
}

/** Shares of time, 0 to 1. */
export interface TimeShares {
  /** At work. */
  readonly busy: number;
  /** Waiting for a commit, a sink or a source. */
  readonly waiting: number;
  /** With nothing to do. */
  readonly idle: number;
}

/** A source, an operator or a sink. */
export interface NodeStatus {
  /** Unique in the job, and the same over restarts. */
  readonly uid: string;
  /** Shown to people. */
  readonly name: string;
  /** What kind of node. */
  readonly kind: "source" | "operator" | "sink";
  /** What it does: "map", "window reduce"; of a source or sink what it reads or writes: `topic "skyone"`. */
  readonly operation: string;
  /** Topics that a source reads. */
  readonly topics?: readonly string[] | undefined;
  /** Records that came in. */
  readonly recordsIn: number;
  /** Records emitted to the main output; of a sink, records that it took. */
  readonly recordsOut: number;
  /** Records emitted to side outputs. */
  readonly sideOut: number;
  /** Records that it let pass no further. */
  readonly filtered: number;
  /** Records that came too late for it. */
  readonly late: number;
  /** Records at which it threw, or that it could not decode. */
  readonly dead: number;
  /** Records a second over the last ten seconds or so. */
  readonly inPerSecond: number;
  /** Records a second over the last ten seconds or so. */
  readonly outPerSecond: number;
  /** Event time of what has come in; left out of a source. */
  readonly inputWatermarkMs?: number | null;
  /** Event time behind it. */
  readonly outputWatermarkMs: number | null;
  /** Timers in event time that have not come due: of a window operator, its open windows. */
  readonly timers?: TimersStatus | undefined;
  /** Timers by the clock that have not come due. */
  readonly processingTimers?: TimersStatus | undefined;
  /** Calls on their way; left out of an operator that makes none. */
  readonly pendingResults?: number | undefined;
  /** How many entries each of its states holds. */
  readonly stateEntries?: Readonly<Record<string, number>> | undefined;
  /** The partitions or files of a source. */
  readonly splits?: readonly SplitStatusReport[] | undefined;
  /** The keys that come most often; left out of an operator without keys, and as long as no key has come twice. */
  readonly topKeys?: TopKeysStatus | undefined;
  /** The metrics that its function has registered, by name; see `MetricGroup`. */
  readonly metrics?: Readonly<Record<string, MetricValue>> | undefined;
}

/** The keys that an operator gets most often, by samples of its newest records. */
export interface TopKeysStatus {
  /** How many samples there are, a thousand at most. */
  readonly samples: number;
  /** The most frequent one first. Keys that came once are left out. */
  readonly keys: readonly {
    /** As text, cut if it is long. */
    readonly key: string;
    /** Samples that have it. */
    readonly count: number;
  }[];
}

/** A metric at one moment. */
export interface MetricValue {
  /** A counter only grows, within one attempt of the job. */
  readonly type: "counter" | "gauge";
  /** Not NaN. */
  readonly value: number;
}

/** Timers that have not come due. */
export interface TimersStatus {
  /** How many. */
  readonly count: number;
  /** When the first comes due. */
  readonly nextMs: number;
}

/** A partition of a topic or a file at work. */
export interface SplitStatusReport {
  /** "skyone-3" */
  readonly id: string;
  /** What is to be had from it, see `SplitStatus`. */
  readonly status: string;
  /** The place of the next record: of a topic its offset. */
  readonly position: Json;
  /** Records between the position and the known end. */
  readonly lag: number;
  /** Event time of this split. */
  readonly watermarkMs: number | null;
  /** How long ago its last record came, or the attempt began, ms. */
  readonly silentMs: number;
  /** Whether it has been silent for so long that it no longer holds event time back. */
  readonly idle: boolean;
  /** Whether it has come to its end in a bounded run. */
  readonly finished: boolean;
}

/** A way from one node to another. */
export interface EdgeStatus {
  /** Uid of the node above. */
  readonly from: string;
  /** Uid of the node below. */
  readonly to: string;
  /** Whether records are grouped by a key on it. */
  readonly keyed?: true | undefined;
  /** Whether every instance of the node below sees every record. */
  readonly broadcast?: true | undefined;
  /** The side output that it is of. */
  readonly tag?: string | undefined;
}

/** What an attempt has committed. */
export interface CommitsStatus {
  /** Time between two commits while anything changes, ms. */
  readonly intervalMs: number;
  /** How many the store has taken. */
  readonly count: number;
  /** Records that were read since the last one. */
  readonly uncommitted: number;
  /** The newest ones, oldest first. */
  readonly newest: readonly CommitStatus[];
}

/** One commit. */
export interface CommitStatus {
  /** When it was made. */
  readonly atMs: number;
  /** How long it took, ms: sinks flushed, entries gathered, the store's transaction. */
  readonly durationMs: number;
  /** Characters of the entries that changed. */
  readonly bytes: number;
  /** Entries that changed: values of state, timers, positions. */
  readonly entries: number;
  /** Records that the store took with it. */
  readonly records: number;
  /**
   * From the event time of the newest record that came to a sink until its commit, ms: one sample of what a reader waits for. Left
   * out if no record came, or it has no event time.
   */
  readonly latencyMs?: number | undefined;
}

/** Work that does not go on. */
export interface StuckStatus {
  /** For how long, ms. */
  readonly forMs: number;
  /** The end of "waits for …". */
  readonly waitsFor: string;
}

/** An error that ended an attempt. */
export interface ErrorStatus {
  /** When. */
  readonly atMs: number;
  /** "OperatorError", "BrokerUnavailableError" */
  readonly name: string;
  /** One sentence: it names the operator and the record where it knows them. */
  readonly message: string;
  /** Name of the operator at which it was thrown. */
  readonly operator?: string | undefined;
  /** The record at which it was thrown. */
  readonly record?: { readonly topic: string; readonly partition: number; readonly offset: number } | undefined;
  /** Where the user's function threw, the first line of the stack that is neither the engine's nor Deno's. */
  readonly line?: string | undefined;
}

/** The record that `text` holds; undefined if it is of another format, or none. */
export function parseJobStatus(text: string): JobStatus | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  const status = parsed as Partial<JobStatus> | null;
  if (status?.format !== STATUS_FORMAT) return undefined;
  const { job, instance, atMs, state } = status;
  const isWhole = typeof job === "string" && typeof instance === "string" && typeof atMs === "number" &&
    typeof state === "string";
  return isWhole ? status as JobStatus : undefined;
}
