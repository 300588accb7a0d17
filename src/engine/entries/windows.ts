/**
 * Windows: finite pieces of a stream, for `KeyedStream.window()` and `DataStream.windowAll()`.
 *
 * An assigner says to which windows a record belongs: tumbling, sliding, session, global, in event time or processing time. A
 * trigger says when a window fires, an evictor which elements its function sees. Each assigner brings the trigger that it
 * needs; lengths are in ms, and a window `[start, end)` does not hold its end.
 *
 * @example Clicks per page and minute
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type DataStream, Time } from "@stream-apps/deno";
 * import { OperatorHarness } from "@stream-apps/deno/testing";
 * import { TumblingEventTimeWindows } from "@stream-apps/deno/windows";
 *
 * const perMinute = (clicks: DataStream<{ page: string; clicks: number }>) =>
 *   clicks.keyBy(({ page }) => page).window(TumblingEventTimeWindows.of(Time.minutes(1))).sum("clicks");
 *
 * const harness = OperatorHarness.of(perMinute);
 * for (const atMs of [1_000, 59_999, 60_000]) harness.record({ page: "home", clicks: 1 }, atMs);
 * harness.watermark(59_999); // the last millisecond of the first minute
 * assertEquals(harness.take(), [[{ page: "home", clicks: 2 }, 59_999], { watermark: 59_999 }]);
 * ```
 *
 * @module
 */
export { ContinuousEventTimeTrigger, ContinuousProcessingTimeTrigger } from "../windows/continuous_triggers.ts";
export { CountTrigger } from "../windows/count_trigger.ts";
export { type DeltaFunction, DeltaTrigger } from "../windows/delta_trigger.ts";
export {
  type Elements,
  type Evictor,
  type EvictorContext,
  OneSidedEvictor,
  type TimestampedValue,
} from "../windows/evictor.ts";
export { CountEvictor, DeltaEvictor, TimeEvictor } from "../windows/evictors.ts";
export { GlobalWindows } from "../windows/global_windows.ts";
export {
  ProcessingTimeWindows,
  SlidingProcessingTimeWindows,
  TumblingProcessingTimeWindows,
} from "../windows/processing_time_windows.ts";
export { PurgingTrigger } from "../windows/purging_trigger.ts";
export {
  EventTimeSessionWindows,
  ProcessingTimeSessionWindows,
  SessionWindows,
  type SessionWindowTimeGapExtractor,
} from "../windows/session_windows.ts";
export { SlidingEventTimeWindows } from "../windows/sliding_event_time_windows.ts";
export { EventTimeTrigger, ProcessingTimeTrigger } from "../windows/time_triggers.ts";
export {
  type MergeableStateDescriptor,
  type OnMergeContext,
  Trigger,
  type TriggerContext,
  TriggerResult,
} from "../windows/trigger.ts";
export { TumblingEventTimeWindows } from "../windows/tumbling_event_time_windows.ts";
export { GlobalWindow, TimeWindow, type Window } from "../windows/window.ts";
export { MergingWindowAssigner, WindowAssigner, type WindowAssignerContext } from "../windows/window_assigner.ts";
