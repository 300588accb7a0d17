import type { OperatorNode, SinkNode, SourceNode } from "../graph.ts";
import type { MetricValue, TopKeysStatus } from "../job_status.ts";
import type { SourceSplit } from "../source.ts";
import { NO_LIMIT } from "../time/clock_limit.ts";

/**
 * A running job, read only: all that reports are made of. It is live, so each look at it shows the present, and it is empty until
 * sources and operators are open.
 */
export interface JobView {
  readonly jobName: string;
  /** In the order of the job, as tasks are. */
  readonly sources: readonly SourceView[];
  /** Operators and sinks. */
  readonly tasks: readonly TaskView[];
  /** Records whose times are too far ahead of the clock to move event time. */
  readonly clockLimit: {
    readonly count: number;
    /** A part of a sentence; undefined without such records. */
    describe(): string | undefined;
  };
}

/** Records that the sources have read in this attempt. */
export function recordsRead({ sources }: Pick<JobView, "sources">): number {
  return sources.reduce((sum, { counts }) => sum + counts.in, 0);
}

/** Records that are known to be there and have not been read. */
export function lagOf({ sources }: Pick<JobView, "sources">): number {
  return sources.reduce((sum, { lag }) => sum + lag, 0);
}

/** A job of which nothing is open. */
export function emptyView(jobName: string): JobView {
  return { jobName, sources: [], tasks: [], clockLimit: NO_LIMIT };
}

/** A source at work. */
export interface SourceView {
  /** Its name, its uid, what it reads. */
  readonly node: SourceNode;
  readonly counts: RecordCounts;
  readonly splits: readonly SplitView[];
  /** Records that are known to be there and have not been read. */
  readonly lag: number;
  /** Event time behind it, ms. */
  readonly outputWatermarkMs: number;
  /** Whether none of its splits holds event time back. */
  readonly idle: boolean;
  /** Whether event time goes on with the clock, as no source has had a record for a while. */
  readonly byClock: boolean;
  /** Whether it has come to the end of a bounded run. */
  readonly ended: boolean;
}

/** A split of a source at work: a partition of a topic, a file. */
export interface SplitView {
  /** What its source knows of it. */
  readonly split: Pick<SourceSplit<unknown>, "id" | "status" | "position" | "lag" | "waitsFor">;
  /** Event time of this split, ms. */
  readonly watermarkMs: number;
  /** When its last record came, ms of the monotonic clock. */
  readonly lastActiveMs: number;
  /** Whether it has been silent for so long that it no longer holds event time back. */
  readonly idle: boolean;
  /** Whether the time of its last record is too far ahead of the clock to move event time. */
  readonly isAhead: boolean;
  /** Whether it has come to its end in a bounded run. */
  readonly finished: boolean;
}

/** An operator or a sink at work. */
export interface TaskView {
  /** Its name, its uid, what it does, what it reads from. */
  readonly node: OperatorNode | SinkNode;
  readonly counts: RecordCounts;
  /** Event-time timers: open windows, mostly. */
  readonly timers: TimersView;
  /** Timers by the clock. */
  readonly processingTimers: TimersView;
  /** Event time of what has come in, ms. */
  currentWatermark(): number;
  /** Event time behind it, ms. */
  readonly outputWatermarkMs: number;
  /** Whether it makes event time of the times of its records. */
  readonly makesWatermarks: boolean;
  /** Whether its results come later than its records, as those of asynchronous functions do. */
  readonly isAsync: boolean;
  /** Event time of the newest record that came, ms; −∞ if it has none. */
  readonly newestTimestampMs: number;
  /** Metrics of its function. */
  readonly metrics: { values(): Readonly<Record<string, MetricValue>> | undefined };
  /** How many entries each of its states holds. */
  readonly state: { sizes(): Readonly<Record<string, number>> };
  /** The keys that come most often; undefined if its records have none. */
  readonly topKeys: { status(): TopKeysStatus | undefined } | undefined;
  /** Records at work whose results are to come. */
  readonly pendingRecords: number;
}

/** Timers that have not come due. */
export interface TimersView {
  readonly size: number;
  /** When the first comes due, ms; +∞ if there is none. */
  readonly nextTimeMs: number;
}

/** What became of the records of one source, operator or sink in this attempt. */
export interface RecordCounts {
  /** Records that came. */
  readonly in: number;
  /** Records that the last commit had at work: calls that were on their way. */
  readonly restored: number;
  /** Records that went through: they were handed on, or changed its state. */
  readonly consumed: number;
  /** Records that it let pass no further. */
  readonly filtered: number;
  /** Records that came too late. */
  readonly late: number;
  /** Records at which it threw, or that it could not decode. */
  readonly dead: number;
  /** Records that changed nothing, because another operator threw at what they came from. */
  readonly takenBack: number;
  /** Records at work: calls that are on their way. */
  readonly pending: number;
  /** Records emitted to the main output. */
  readonly out: number;
  /** Records emitted to side outputs. */
  readonly sideOut: number;
  /** Timers that fired. */
  readonly fired: number;
  /** Windows and timers at which a function threw, and which the job went on without. */
  readonly failed: number;
}
