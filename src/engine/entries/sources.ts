/**
 * Sources and sinks that need nothing outside, and the contracts for your own.
 *
 * `DataGeneratorSource` and `SequenceSource` make records; `FunctionSink` hands batches of results to a function, for a database
 * or an HTTP service. A `Source` opens readers that know their positions, which are kept in the job's commits; a `Sink` flushes
 * before a commit, and takes part in it if it can. A `JobStore` keeps the commits. Topics are in `./kafka`, files in `./files`.
 *
 * @module
 */
export { type FaultPoint, JOB_FAULT_POINTS } from "../fault_points.ts";
export type { FollowReport, FollowRequest, RecordAddress } from "../follow_request.ts";
export type {
  DeadLetter,
  Firing,
  JobCommit,
  JobLease,
  JobRequest,
  JobSession,
  JobStore,
  StateChange,
} from "../job_store.ts";
export type {
  AttemptStatus,
  CommitsStatus,
  CommitStatus,
  EdgeStatus,
  ErrorStatus,
  InstanceState,
  JobStatus,
  MetricValue,
  NodeStatus,
  RecordTotals,
  SplitStatusReport,
  StuckStatus,
  TimersStatus,
  TimeShares,
  TopKeysStatus,
} from "../job_status.ts";
export type { Sink, SinkContext, SinkWriter } from "../sink.ts";
export type { SentRecord } from "../trace.ts";
export { FunctionSink, type FunctionSinkOptions, type SinkFunction } from "../sinks/function_sink.ts";
export type {
  Json,
  Position,
  Source,
  SourceContext,
  SourceReader,
  SourceSplit,
  SplitStatus,
  StartingPoint,
} from "../source.ts";
export { type DataGeneratorOptions, DataGeneratorSource } from "../sources/data_generator_source.ts";
export { SequenceSource } from "../sources/sequence_source.ts";
