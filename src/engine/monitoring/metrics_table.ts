/**
 * All metrics of a job: `/metrics` and docs/metrics.md are made of this table. The names are Flink's where Flink has the metric, behind
 * `stream_`; a counter ends in `_total`, as Prometheus wants. Times that are not in seconds have Flink's unit, milliseconds.
 */
import {
  type AttemptStatus,
  END_OF_TIME,
  type JobStatus,
  type NodeStatus,
  type SplitStatusReport,
} from "../job_status.ts";

/** What all metrics have in common. */
interface Described {
  readonly name: string;
  readonly type: "counter" | "gauge";
  /** A sentence without a full stop. */
  readonly help: string;
}

/** A metric of the job as a whole; its label is `job_name`. */
export interface JobMetric extends Described {
  readonly of: "job";
  /** Undefined: there is no value now. */
  readonly value: (status: JobStatus, attempt: AttemptStatus | undefined) => number | null | undefined;
}

/** A metric of a source, operator or sink; its labels are `job_name` and `operator_name`. */
export interface NodeMetric extends Described {
  readonly of: "operator";
  readonly value: (node: NodeStatus) => number | null | undefined;
}

/** A metric of a partition of a source; its labels are `job_name`, `operator_name` and `partition`: "skyone-3". */
export interface SplitMetric extends Described {
  readonly of: "partition";
  readonly value: (split: SplitStatusReport) => number | null | undefined;
}

/** A metric that is made at each commit; its label is `job_name`. */
export interface CommitMetric {
  readonly of: "commit";
  readonly name: string;
  readonly type: "histogram";
  readonly help: string;
  /** Upper bounds, s. */
  readonly buckets: readonly number[];
}

/** The states, each with its value of `stream_jobState`. */
export const STATES = ["starting", "standby", "running", "restarting", "finished", "stopped", "failed"] as const;

export const CHECKPOINT_DURATION: CommitMetric = {
  of: "commit",
  name: "stream_checkpointDuration_seconds",
  type: "histogram",
  help: "How long commits take: sinks flushed, entries gathered, the broker's transaction",
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
};

export const LATENCY: CommitMetric = {
  of: "commit",
  name: "stream_latency_seconds",
  type: "histogram",
  help: "From the event time of the newest record that came to a sink until its commit, one sample a commit",
  buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
};

/** In the order of the documentation. */
export const METRICS: readonly (JobMetric | NodeMetric | SplitMetric)[] = [
  job("uptime", "gauge", "Since this instance began, ms", ({ atMs, startedAtMs }) => atMs - startedAtMs),
  job("numRestarts", "counter", "Attempts that have failed and were begun again", ({ restarts }) => restarts),
  job(
    "stuckTime",
    "gauge",
    "For how long there has been work and no progress, ms; 0 if there is progress",
    (_, attempt) => attempt && (attempt.stuck?.forMs ?? 0),
  ),
  job(
    "busyTimeMsPerSecond",
    "gauge",
    "Time of the job's thread at work, ms a second",
    (_, attempt) => attempt && attempt.time.busy * 1_000,
  ),
  job(
    "backPressuredTimeMsPerSecond",
    "gauge",
    "Time in which the job waited for a commit, a sink or a source, ms a second",
    (_, attempt) => attempt && attempt.time.waiting * 1_000,
  ),
  job(
    "idleTimeMsPerSecond",
    "gauge",
    "Time with nothing to do, ms a second",
    (_, attempt) => attempt && attempt.time.idle * 1_000,
  ),
  job("numberOfCompletedCheckpoints", "counter", "Commits of this attempt", (_, attempt) => attempt?.commits.count),
  job(
    "lastCheckpointDuration",
    "gauge",
    "How long the last commit took, ms",
    (_, attempt) => last(attempt)?.durationMs,
  ),
  job(
    "lastCheckpointSize",
    "gauge",
    "Characters of the entries that the last commit changed",
    (_, attempt) => last(attempt)?.bytes,
  ),
  job(
    "lastCheckpointTimestamp",
    "gauge",
    "When the last commit was made, ms since the Unix epoch",
    (_, attempt) => last(attempt)?.atMs,
  ),
  job(
    "numRecordsUncommitted",
    "gauge",
    "Records that were read since the last commit",
    (_, attempt) => attempt?.commits.uncommitted,
  ),
  job(
    "numDeadLetters",
    "counter",
    "Records, windows and timers of this attempt that could not be processed",
    (_, attempt) => attempt && attempt.records.dead + attempt.records.failed,
  ),
  job(
    "numRecordsAhead",
    "counter",
    "Records whose times are too far ahead of the clock to move event time",
    (_, attempt) => attempt?.records.ahead,
  ),

  node("numRecordsIn", "counter", "Records that came in", ({ recordsIn }) => recordsIn),
  node(
    "numRecordsOut",
    "counter",
    "Records emitted; of a sink, records that it took",
    ({ recordsOut, sideOut }) => recordsOut + sideOut,
  ),
  node(
    "numRecordsInPerSecond",
    "gauge",
    "Records that came in, a second, over the last ten seconds",
    ({ inPerSecond }) => inPerSecond,
  ),
  node(
    "numRecordsOutPerSecond",
    "gauge",
    "Records emitted, a second, over the last ten seconds",
    ({ outPerSecond }) => outPerSecond,
  ),
  node("numRecordsInErrors", "counter", "Records that could not be decoded, or at which it threw", ({ dead }) => dead),
  node("numRecordsFiltered", "counter", "Records that it let pass no further", ({ filtered }) => filtered),
  node("numLateRecordsDropped", "counter", "Records that came too late for it", ({ late }) => late),
  node(
    "currentInputWatermark",
    "gauge",
    "Event time of what has come in, ms since the Unix epoch",
    ({ inputWatermarkMs }) => inputWatermarkMs,
  ),
  node(
    "currentOutputWatermark",
    "gauge",
    "Event time behind it, ms since the Unix epoch",
    ({ outputWatermarkMs }) => outputWatermarkMs,
  ),
  node(
    "numEventTimeTimers",
    "gauge",
    "Timers in event time that wait: of a window operator, its open windows",
    (each) => timersOf(each, each.timers?.count),
  ),
  node(
    "numProcessingTimeTimers",
    "gauge",
    "Timers by the clock that wait",
    (each) => timersOf(each, each.processingTimers?.count),
  ),
  node(
    "numStateEntries",
    "gauge",
    "Entries of its states",
    ({ stateEntries }) => stateEntries && Object.values(stateEntries).reduce((sum, size) => sum + size, 0),
  ),
  node(
    "numPendingResults",
    "gauge",
    "Asynchronous calls that are on their way",
    ({ pendingResults }) => pendingResults,
  ),
  node(
    "pendingRecords",
    "gauge",
    "Records that are known to be there and have not been read",
    ({ splits }) => splits?.reduce((sum, { lag }) => sum + lag, 0),
  ),

  split("partitionPendingRecords", "Records of the partition that have not been read", ({ lag }) => lag),
  split(
    "partitionCurrentWatermark",
    "Event time of the partition, ms since the Unix epoch",
    ({ watermarkMs }) => watermarkMs,
  ),
  split("partitionIdleTime", "Since its last record came, ms", ({ silentMs }) => silentMs),
];

function job(name: string, type: Described["type"], help: string, value: JobMetric["value"]): JobMetric {
  return { of: "job", name: nameOf(name, type), type, help, value };
}

function node(name: string, type: Described["type"], help: string, value: NodeMetric["value"]): NodeMetric {
  return { of: "operator", name: nameOf(name, type), type, help, value: (each) => shown(value(each)) };
}

function split(name: string, help: string, value: SplitMetric["value"]): SplitMetric {
  return { of: "partition", name: nameOf(name, "gauge"), type: "gauge", help, value: (each) => shown(value(each)) };
}

function nameOf(name: string, type: Described["type"]): string {
  return `stream_${name}${type === "counter" ? "_total" : ""}`;
}

/** The end of time is no moment that a graph could show. */
function shown(value: number | null | undefined): number | null | undefined {
  return value === END_OF_TIME ? undefined : value;
}

function last(attempt: AttemptStatus | undefined) {
  return attempt?.commits.newest.at(-1);
}

/** Sources and sinks have no timers. */
function timersOf({ kind }: NodeStatus, count = 0): number | undefined {
  return kind === "operator" ? count : undefined;
}
