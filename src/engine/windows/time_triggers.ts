import { Trigger, type TriggerContext, TriggerResult } from "./trigger.ts";
import type { Window } from "./window.ts";

const { CONTINUE, FIRE } = TriggerResult;

/**
 * Fires when event time has reached the window's last millisecond, and again at each record that arrives later (within the allowed
 * lateness). The default trigger of windows of event time.
 */
export class EventTimeTrigger extends Trigger<unknown, Window> {
  static readonly #only = new EventTimeTrigger();
  /** For explain, and stored with the state. */
  readonly description = "EventTimeTrigger()";

  private constructor() {
    super();
  }

  /** The trigger; there is one instance, as it has no state. */
  static create(): EventTimeTrigger {
    return EventTimeTrigger.#only;
  }

  /** @internal */
  override onElement(_value: unknown, _timestampMs: number, window: Window, context: TriggerContext): TriggerResult {
    const endMs = window.maxTimestamp();
    if (endMs <= context.currentWatermark()) return FIRE;
    context.registerEventTimeTimer(endMs);
    return CONTINUE;
  }

  /** @internal */
  override onEventTime(timeMs: number, window: Window): TriggerResult {
    return timeMs === window.maxTimestamp() ? FIRE : CONTINUE;
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
  override onMerge(window: Window, context: TriggerContext): void {
    const endMs = window.maxTimestamp();
    // At an earlier time onElement() fires at once, and a timer would fire a second time.
    if (endMs > context.currentWatermark()) context.registerEventTimeTimer(endMs);
  }

  /** @internal */
  override clear(window: Window, context: TriggerContext): void {
    context.deleteEventTimeTimer(window.maxTimestamp());
  }
}

/** Fires when processing time has reached the window's last millisecond. The default trigger of windows of processing time. */
export class ProcessingTimeTrigger extends Trigger<unknown, Window> {
  static readonly #only = new ProcessingTimeTrigger();
  /** For explain, and stored with the state. */
  readonly description = "ProcessingTimeTrigger()";

  private constructor() {
    super();
  }

  /** The trigger; there is one instance, as it has no state. */
  static create(): ProcessingTimeTrigger {
    return ProcessingTimeTrigger.#only;
  }

  /** @internal */
  override onElement(_value: unknown, _timestampMs: number, window: Window, context: TriggerContext): TriggerResult {
    context.registerProcessingTimeTimer(window.maxTimestamp());
    return CONTINUE;
  }

  /** @internal */
  override onEventTime(): TriggerResult {
    return CONTINUE;
  }

  /** @internal */
  override onProcessingTime(): TriggerResult {
    return FIRE;
  }

  /** @internal */
  override canMerge(): boolean {
    return true;
  }

  /** @internal */
  override onMerge(window: Window, context: TriggerContext): void {
    const endMs = window.maxTimestamp();
    if (endMs > context.currentProcessingTime()) context.registerProcessingTimeTimer(endMs);
  }

  /** @internal */
  override clear(window: Window, context: TriggerContext): void {
    context.deleteProcessingTimeTimer(window.maxTimestamp());
  }
}
