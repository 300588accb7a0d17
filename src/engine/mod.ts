/** A small stream processor with the vocabulary of Flink's DataStream API. These are its public names. */
export { type EnvironmentOptions, StreamExecutionEnvironment } from "./api/environment.ts";
export { DataStream, DataStreamSink, KeyedStream, SingleOutputStreamOperator } from "./api/data_stream.ts";
export { WindowedStream } from "./api/windowed_stream.ts";
export { type Clock, SYSTEM_CLOCK } from "./clock.ts";
export { formatOrigin, JobError, OperatorError, RecordError, type RecordOrigin } from "./errors.ts";
export type { DeadLetter, JobSession, JobStore, JobStoreRequest, SplitPosition, StateChange } from "./job_store.ts";
export { type Logger, SILENT } from "./logger.ts";
export {
  type Collector,
  type FilterFunction,
  type KeySelector,
  type MapFunction,
  ProcessWindowFunction,
  type ReduceFunction,
  type WindowContext,
} from "./operators/functions.ts";
export { MAX_WATERMARK, MIN_WATERMARK, NO_TIMESTAMP } from "./record.ts";
export type { Books, OperatorBooks } from "./runtime/books.ts";
export type { JobExecutionResult } from "./runtime/job_execution.ts";
export type { JobRunEnd } from "./runtime/job_run.ts";
export type { DeliveryGuarantee, Sink, SinkContext, SinkWriter } from "./sink.ts";
export type { Json, Source, SourceContext, SourceReader, SourceSplit, SplitStatus, StartingPoint } from "./source.ts";
export type { Key } from "./state/key.ts";
export { type KeyedStateStore, type ValueState, ValueStateDescriptor } from "./state/state.ts";
export { Time } from "./time/time.ts";
export { type TimestampAssigner, type WatermarkGenerator, WatermarkStrategy } from "./time/watermark_strategy.ts";
export { TumblingEventTimeWindows } from "./windows/tumbling_event_time_windows.ts";
export { TimeWindow, type WindowAssigner } from "./windows/window.ts";
