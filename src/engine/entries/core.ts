/**
 * A stream processor with the vocabulary of Flink's DataStream API, in one process.
 *
 * A job is described on a {@link StreamExecutionEnvironment} and then run: `fromSource()` or `fromCollection()`, then methods of
 * {@link DataStream} and {@link KeyedStream}, and `sinkTo()` or `print()`. With a `store` (a broker of `./kafka` is one) each
 * result is written exactly once, through crashes.
 *
 * @example Flights of each traveller, minute by minute
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { StreamExecutionEnvironment, Time, WatermarkStrategy } from "@stream-apps/deno";
 * import { TumblingEventTimeWindows } from "@stream-apps/deno/windows";
 *
 * const bookings = [{ email: "anna", flights: 1, atMs: 5_000 }, { email: "anna", flights: 1, atMs: 55_000 }];
 * const inOrder = WatermarkStrategy.forMonotonousTimestamps<typeof bookings[number]>();
 * const env = new StreamExecutionEnvironment();
 * const counts = env.fromCollection(bookings)
 *   .assignTimestampsAndWatermarks(inOrder.withTimestampAssigner(({ atMs }) => atMs))
 *   .keyBy(({ email }) => email)
 *   .window(TumblingEventTimeWindows.of(Time.minutes(1)))
 *   .reduce((a, b) => ({ ...b, flights: a.flights + b.flights }));
 * assertEquals((await counts.executeAndCollect()).map(({ flights }) => flights), [2]);
 * ```
 *
 * Beside it stand `./windows`, `./state`, `./functions` and `./sources` for what goes into a job, `./kafka` and `./files` for
 * the outside world, `./job` for the program around it, and `./testing`.
 *
 * @module
 */
export { StreamExecutionEnvironment } from "../api/environment.ts";
export { DataStream, KeyedStream, SingleOutputStreamOperator } from "../api/data_stream.ts";
export { BroadcastConnectedStream, BroadcastStream, KeyedBroadcastConnectedStream } from "../api/broadcast_stream.ts";
export { ConnectedStreams, KeyedConnectedStreams } from "../api/connected_streams.ts";
export { DataStreamSink } from "../api/data_stream_sink.ts";
export type { Branches, Narrowed, SplitStreams } from "../api/split_streams.ts";
export { AsyncDataStream } from "../api/async_data_stream.ts";
export { type IntervalBounds, IntervalJoin, IntervalJoined } from "../api/interval_join.ts";
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
} from "../api/joined_streams.ts";
export { AllWindowedStream } from "../api/all_windowed_stream.ts";
export { BaseStream } from "../api/base_stream.ts";
export { BaseWindowedStream, type Transform } from "../api/base_windowed_stream.ts";
export { WindowedStream } from "../api/windowed_stream.ts";
export { type Clock, SYSTEM_CLOCK } from "../clock.ts";
export { codeOf, ERROR_CODES, type ErrorCode, type ErrorMeaning, type Retry } from "../error_codes.ts";
export {
  formatOrigin,
  JobError,
  OperatorError,
  type OperatorErrorOptions,
  RecordError,
  type RecordOrigin,
} from "../errors.ts";
export { consoleLogger, type Logger, type LogLevel, SILENT } from "../logger.ts";
export type { Field, HasComparable, HasNumber } from "../functions/field_aggregate.ts";
export type {
  AnsweredStep,
  AskedStep,
  DeadStep,
  DecodedStep,
  EmittedStep,
  FilteredStep,
  FiredStep,
  JoinedStep,
  LateStep,
  ReadStep,
  SentStep,
  StateStep,
  TimerStep,
  Tracer,
  TraceStep,
  TraceStepBase,
  WindowStep,
} from "../trace.ts";
export type { Books, OperatorBooks } from "../reporting/books.ts";
export { formatBooks, tableOfBooks } from "../reporting/books_table.ts";
export type { DeadLimit } from "../runtime/dead_limit.ts";
export { formatTime, MAX_WATERMARK, MIN_WATERMARK, NO_TIMESTAMP } from "../record.ts";
export type { JobExecutionResult } from "../runtime/job_result.ts";
export type { JobRunEnd } from "../runtime/job_run.ts";
export type { ErrorPolicy, WindowErrorPolicy } from "../runtime/error_policy.ts";
export type { EnvironmentOptions, JobSettings, SomeSettings } from "../runtime/job_settings.ts";
export type {
  ExponentialDelayRestart,
  FailureRateRestart,
  FixedDelayRestart,
  NoRestart,
  RestartStrategy,
} from "../runtime/restart_strategy.ts";
export type { DeliveryGuarantee } from "../sink.ts";
export { OutputTag } from "../side_output.ts";
export { Time } from "../time/time.ts";
export { type TimestampAssigner, type WatermarkGenerator, WatermarkStrategy } from "../time/watermark_strategy.ts";
