/** A small stream processor with the vocabulary of Flink's DataStream API. These are its public names. */
export { StreamExecutionEnvironment } from "./api/environment.ts";
export { DataStream, KeyedStream, SingleOutputStreamOperator } from "./api/data_stream.ts";
export { BroadcastConnectedStream, BroadcastStream, KeyedBroadcastConnectedStream } from "./api/broadcast_stream.ts";
export { ConnectedStreams, KeyedConnectedStreams } from "./api/connected_streams.ts";
export { DataStreamSink } from "./api/data_stream_sink.ts";
export type { Branches, Narrowed, SplitStreams } from "./api/split_streams.ts";
export { AsyncDataStream } from "./api/async_data_stream.ts";
export { type IntervalBounds, IntervalJoin, IntervalJoined } from "./api/interval_join.ts";
export {
  CoGroupedStreams,
  type CoGroupEqualTo,
  type CoGroupWhere,
  JoinedStreams,
  type JoinEqualTo,
  type JoinWhere,
  WindowedCoGroup,
  WindowedJoin,
  WindowedPair,
} from "./api/joined_streams.ts";
export { AllWindowedStream } from "./api/all_windowed_stream.ts";
export { BaseStream } from "./api/base_stream.ts";
export { BaseWindowedStream, type Transform } from "./api/base_windowed_stream.ts";
export { WindowedStream } from "./api/windowed_stream.ts";
export { type Clock, SYSTEM_CLOCK } from "./clock.ts";
export { type FaultPoint, JOB_FAULT_POINTS } from "./fault_points.ts";
export { formatOrigin, JobError, OperatorError, RecordError, type RecordOrigin } from "./errors.ts";
export type {
  DeadLetter,
  Firing,
  JobCommit,
  JobLease,
  JobRequest,
  JobSession,
  JobStore,
  StateChange,
} from "./job_store.ts";
export { consoleLogger, type Logger, type LogLevel, SILENT } from "./logger.ts";
export {
  type AggregateFunction,
  type Collector,
  type FilterFunction,
  type FlatMapFunction,
  type KeyedRuntimeContext,
  type KeySelector,
  type MapFunction,
  ProcessAllWindowFunction,
  ProcessWindowFunction,
  type ReduceFunction,
  type RuntimeContext,
  type WindowContext,
} from "./functions/functions.ts";
export type {
  AsyncContext,
  AsyncFunction,
  AsyncRetryStrategy,
  AsyncWaitOptions,
  RichAsyncFunction,
} from "./functions/async_function.ts";
export {
  type AsyncRetryPredicates,
  AsyncRetryStrategies,
  RetryPredicates,
} from "./functions/async_retry_strategies.ts";
export type { BroadcastDescriptors } from "./operators/co_function_context.ts";
export {
  type BroadcastContext,
  type BroadcastOnTimerContext,
  BroadcastProcessFunction,
  type BroadcastState,
  type KeyedBroadcastContext,
  KeyedBroadcastProcessFunction,
  type KeyedReadOnlyBroadcastContext,
  type ReadOnlyBroadcastContext,
  type ReadOnlyBroadcastState,
  type StateOf,
} from "./functions/broadcast_functions.ts";
export type { Field, HasComparable, HasNumber } from "./functions/field_aggregate.ts";
export type { CoGroupFunction, JoinFunction, TaggedUnion } from "./operators/join/co_group.ts";
export { type JoinContext, ProcessJoinFunction } from "./functions/process_join_function.ts";
export {
  type CoFlatMapFunction,
  type CoMapFunction,
  CoProcessFunction,
  KeyedCoProcessFunction,
  type KeyedProcessContext,
  KeyedProcessFunction,
  type OnTimerContext,
  type ProcessContext,
  ProcessFunction,
  type ReadOnlyTimerService,
  type TimeDomain,
  type TimerService,
} from "./functions/process_functions.ts";
export type { Books, OperatorBooks } from "./reporting/books.ts";
export { formatBooks, tableOfBooks } from "./reporting/books_table.ts";
export type { DeadLimit } from "./runtime/dead_limit.ts";
export { formatTime, MAX_WATERMARK, MIN_WATERMARK, NO_TIMESTAMP } from "./record.ts";
export type { JobExecutionResult } from "./runtime/job_result.ts";
export type { JobRunEnd } from "./runtime/job_run.ts";
export type { ErrorPolicy, WindowErrorPolicy } from "./runtime/error_policy.ts";
export type { EnvironmentOptions, JobSettings, SomeSettings } from "./runtime/job_options.ts";
export type {
  ExponentialDelayRestart,
  FailureRateRestart,
  FixedDelayRestart,
  NoRestart,
  RestartStrategy,
} from "./runtime/restart_strategy.ts";
export { OutputTag } from "./side_output.ts";
export type { DeliveryGuarantee, Sink, SinkContext, SinkWriter } from "./sink.ts";
export { FunctionSink, type FunctionSinkOptions, type SinkFunction } from "./sinks/function_sink.ts";
export type {
  Json,
  Position,
  Source,
  SourceContext,
  SourceReader,
  SourceSplit,
  SplitStatus,
  StartingPoint,
} from "./source.ts";
export { type DataGeneratorOptions, DataGeneratorSource } from "./sources/data_generator_source.ts";
export { SequenceSource } from "./sources/sequence_source.ts";
export type { Key } from "./state/key.ts";
export {
  type AggregatingState,
  AggregatingStateDescriptor,
  type KeyedStateStore,
  type ListState,
  ListStateDescriptor,
  type MapState,
  MapStateDescriptor,
  type ReducingState,
  ReducingStateDescriptor,
  StateDescriptor,
  type StateDescriptorOptions,
  type ValueState,
  ValueStateDescriptor,
} from "./state/state.ts";
export type { StateTtlConfig } from "./state/state_ttl_config.ts";
export { Time } from "./time/time.ts";
export { type TimestampAssigner, type WatermarkGenerator, WatermarkStrategy } from "./time/watermark_strategy.ts";
export { ContinuousEventTimeTrigger, ContinuousProcessingTimeTrigger } from "./windows/continuous_triggers.ts";
export { CountTrigger } from "./windows/count_trigger.ts";
export { type DeltaFunction, DeltaTrigger } from "./windows/delta_trigger.ts";
export {
  type Elements,
  type Evictor,
  type EvictorContext,
  OneSidedEvictor,
  type TimestampedValue,
} from "./windows/evictor.ts";
export { CountEvictor, DeltaEvictor, TimeEvictor } from "./windows/evictors.ts";
export { GlobalWindows } from "./windows/global_windows.ts";
export {
  ProcessingTimeWindows,
  SlidingProcessingTimeWindows,
  TumblingProcessingTimeWindows,
} from "./windows/processing_time_windows.ts";
export { PurgingTrigger } from "./windows/purging_trigger.ts";
export {
  EventTimeSessionWindows,
  ProcessingTimeSessionWindows,
  SessionWindows,
  type SessionWindowTimeGapExtractor,
} from "./windows/session_windows.ts";
export { SlidingEventTimeWindows } from "./windows/sliding_event_time_windows.ts";
export { EventTimeTrigger, ProcessingTimeTrigger } from "./windows/time_triggers.ts";
export {
  type MergeableStateDescriptor,
  type OnMergeContext,
  Trigger,
  type TriggerContext,
  TriggerResult,
} from "./windows/trigger.ts";
export { TumblingEventTimeWindows } from "./windows/tumbling_event_time_windows.ts";
export { GlobalWindow, TimeWindow, type Window } from "./windows/window.ts";
export { MergingWindowAssigner, WindowAssigner, type WindowAssignerContext } from "./windows/window_assigner.ts";
