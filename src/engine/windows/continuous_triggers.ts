import { MAX_WATERMARK, NO_TIMESTAMP } from "../record.ts";
import { ReducingStateDescriptor } from "../state/state.ts";
import { checkWhole } from "./checks.ts";
import { type OnMergeContext, Trigger, type TriggerContext, TriggerResult } from "./trigger.ts";
import { GlobalWindow, type Window } from "./window.ts";

const { CONTINUE, FIRE } = TriggerResult;

/** When a window fires next, ms; of several windows that merge the earliest time. */
const FIRE_TIME = new ReducingStateDescriptor<number>("trigger.fire-time", (a, b) => Math.min(a, b));

/**
 * Fires whenever event time has advanced by an interval, and at the window's end, each time with all records of the window.
 *
 * Firings are due at multiples of the interval. A jump of event time over several of them fires for each, with the same contents.
 * As in Flink, the first one is computed by the remainder of the record's time, which for a time below zero is an interval later.
 *
 * A global window has no end, and event time at the end of a bounded input is infinite: in Flink it fires there for ever.
 * Here it fires once more for each key, and goes on with the key's next record in a later run.
 */
export class ContinuousEventTimeTrigger extends Trigger<unknown, Window> {
  /** For explain, and stored with the state. */
  readonly description: string;
  readonly #intervalMs: number;

  private constructor(intervalMs: number) {
    super();
    this.#intervalMs = intervalMs;
    this.description = `ContinuousEventTimeTrigger(${intervalMs} ms)`;
  }

  /**
   * Fires whenever event time has advanced by `intervalMs`.
   * @throws {RangeError} unless `intervalMs` is a whole number > 0
   */
  static of(intervalMs: number): ContinuousEventTimeTrigger {
    checkWhole("a continuous trigger", "intervalMs", intervalMs);
    return new ContinuousEventTimeTrigger(intervalMs);
  }

  /** @internal */
  override onElement(_value: unknown, timestampMs: number, window: Window, context: TriggerContext): TriggerResult {
    if (timestampMs === NO_TIMESTAMP) {
      throw new TypeError(
        `Cannot fire ${window} by event time: the record has no timestamp; call assignTimestampsAndWatermarks() before window()`,
      );
    }
    const endMs = window.maxTimestamp();
    if (endMs <= context.currentWatermark()) return FIRE;
    if (!isEndless(window)) context.registerEventTimeTimer(endMs);
    if (context.getPartitionedState(FIRE_TIME).get() === undefined) {
      this.#registerNext(timestampMs - timestampMs % this.#intervalMs, window, context);
    }
    return CONTINUE;
  }

  /** @internal */
  override onEventTime(timeMs: number, window: Window, context: TriggerContext): TriggerResult {
    if (timeMs === window.maxTimestamp()) return FIRE;
    const fireTime = context.getPartitionedState(FIRE_TIME);
    if (fireTime.get() !== timeMs) return CONTINUE;
    fireTime.clear();
    if (!isEndless(window) || context.currentWatermark() !== MAX_WATERMARK) {
      this.#registerNext(timeMs, window, context);
    }
    return FIRE;
  }

  /** @internal */
  override onProcessingTime(): TriggerResult {
    return CONTINUE;
  }

  /** @internal */
  override canMerge(): boolean {
    return true;
  }

  /** @internal */
  override onMerge(_window: Window, context: OnMergeContext): void {
    context.mergePartitionedState(FIRE_TIME);
    const fireTimeMs = context.getPartitionedState(FIRE_TIME).get();
    if (fireTimeMs !== undefined) context.registerEventTimeTimer(fireTimeMs);
  }

  /** @internal */
  override clear(window: Window, context: TriggerContext): void {
    if (!isEndless(window)) context.deleteEventTimeTimer(window.maxTimestamp());
    const fireTime = context.getPartitionedState(FIRE_TIME);
    const fireTimeMs = fireTime.get();
    if (fireTimeMs === undefined) return;
    context.deleteEventTimeTimer(fireTimeMs);
    fireTime.clear();
  }

  #registerNext(timeMs: number, window: Window, context: TriggerContext): void {
    const nextMs = Math.min(timeMs + this.#intervalMs, window.maxTimestamp());
    context.getPartitionedState(FIRE_TIME).add(nextMs);
    context.registerEventTimeTimer(nextMs);
  }
}

/**
 * Fires whenever processing time has advanced by an interval since a window's first record, with all records of the window.
 *
 * Firings are due at multiples of the interval, the last at the window's end. On windows of event time it does not fire when
 * event time reaches the end, as in Flink. If the end of such a window lies before processing time already, each record fires
 * it once, at the next check of processing time. (In Flink it fires again and again until the window is cleaned up.)
 */
export class ContinuousProcessingTimeTrigger extends Trigger<unknown, Window> {
  /** For explain, and stored with the state. */
  readonly description: string;
  readonly #intervalMs: number;

  private constructor(intervalMs: number) {
    super();
    this.#intervalMs = intervalMs;
    this.description = `ContinuousProcessingTimeTrigger(${intervalMs} ms)`;
  }

  /**
   * Fires whenever processing time has advanced by `intervalMs`.
   * @throws {RangeError} unless `intervalMs` is a whole number > 0
   */
  static of(intervalMs: number): ContinuousProcessingTimeTrigger {
    checkWhole("a continuous trigger", "intervalMs", intervalMs);
    return new ContinuousProcessingTimeTrigger(intervalMs);
  }

  /** @internal */
  override onElement(_value: unknown, _timestampMs: number, window: Window, context: TriggerContext): TriggerResult {
    if (context.getPartitionedState(FIRE_TIME).get() === undefined) {
      const nowMs = context.currentProcessingTime();
      this.#registerNext(nowMs - nowMs % this.#intervalMs, window, context);
    }
    return CONTINUE;
  }

  /** @internal */
  override onEventTime(): TriggerResult {
    return CONTINUE;
  }

  /** @internal */
  override onProcessingTime(timeMs: number, window: Window, context: TriggerContext): TriggerResult {
    const fireTime = context.getPartitionedState(FIRE_TIME);
    if (fireTime.get() !== timeMs) return CONTINUE;
    fireTime.clear();
    if (timeMs < window.maxTimestamp()) this.#registerNext(timeMs, window, context);
    return FIRE;
  }

  /** @internal */
  override canMerge(): boolean {
    return true;
  }

  /** @internal */
  override onMerge(_window: Window, context: OnMergeContext): void {
    context.mergePartitionedState(FIRE_TIME);
    const fireTimeMs = context.getPartitionedState(FIRE_TIME).get();
    if (fireTimeMs !== undefined) context.registerProcessingTimeTimer(fireTimeMs);
  }

  /** @internal */
  override clear(_window: Window, context: TriggerContext): void {
    const fireTime = context.getPartitionedState(FIRE_TIME);
    const fireTimeMs = fireTime.get();
    if (fireTimeMs === undefined) return;
    context.deleteProcessingTimeTimer(fireTimeMs);
    fireTime.clear();
  }

  #registerNext(timeMs: number, window: Window, context: TriggerContext): void {
    const nextMs = Math.min(timeMs + this.#intervalMs, window.maxTimestamp());
    context.getPartitionedState(FIRE_TIME).add(nextMs);
    context.registerProcessingTimeTimer(nextMs);
  }
}

function isEndless(window: Window): boolean {
  return window.maxTimestamp() === GlobalWindow.MAX_TIMESTAMP;
}
