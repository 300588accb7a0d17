/**
 * Functions that a job calls with records: types of the simple ones, and classes to extend for those with state and timers.
 *
 * - `map()`, `filter()`, `flatMap()`, `keyBy()`, `reduce()`, `aggregate()` take plain functions: `MapFunction` and so on.
 * - `process()` takes a `KeyedProcessFunction` (state, timers, side outputs), or a `ProcessFunction` where there is no key.
 * - Windows take a `ProcessWindowFunction`; connected streams a `KeyedCoProcessFunction`; broadcast streams a
 *   `KeyedBroadcastProcessFunction`; interval joins a `ProcessJoinFunction`.
 * - `AsyncDataStream` takes an `AsyncFunction`, and `AsyncRetryStrategies` makes it ask again.
 *
 * A function runs synchronously and to its end: what it changed is undone if it throws. Only an `AsyncFunction` is awaited.
 *
 * @module
 */
export type { Counter, MetricGroup } from "../functions/metric_group.ts";
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
} from "../functions/functions.ts";
export type {
  AsyncContext,
  AsyncFunction,
  AsyncRetryStrategy,
  AsyncWaitOptions,
  RichAsyncFunction,
} from "../functions/async_function.ts";
export {
  type AsyncRetryPredicates,
  AsyncRetryStrategies,
  RetryPredicates,
} from "../functions/async_retry_strategies.ts";
export type { BroadcastDescriptors } from "../operators/co_function_context.ts";
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
} from "../functions/broadcast_functions.ts";
export type { CoGroupFunction, JoinFunction, TaggedUnion } from "../operators/join/co_group.ts";
export { type JoinContext, ProcessJoinFunction } from "../functions/process_join_function.ts";
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
} from "../functions/process_functions.ts";
