import { Trigger, type TriggerContext, TriggerResult } from "./trigger.ts";
import type { GlobalWindow } from "./window.ts";

const { CONTINUE, FIRE } = TriggerResult;

/** The default trigger of `GlobalWindows.create()`, which never fires. */
export class NeverTrigger extends Trigger<unknown, GlobalWindow> {
  readonly description: string = "NeverTrigger()";

  override onElement(
    _value: unknown,
    _timestampMs: number,
    _window: GlobalWindow,
    _context: TriggerContext,
  ): TriggerResult {
    return CONTINUE;
  }

  override onEventTime(_timeMs: number, _window: GlobalWindow): TriggerResult {
    return CONTINUE;
  }

  override onProcessingTime(): TriggerResult {
    return CONTINUE;
  }

  override clear(): void {}
}

/** Fires when a bounded input has ended. */
export class EndOfStreamTrigger extends NeverTrigger {
  override readonly description = "EndOfStreamTrigger()";

  override onElement(
    _value: unknown,
    _timestampMs: number,
    window: GlobalWindow,
    context: TriggerContext,
  ): TriggerResult {
    context.registerEventTimeTimer(window.maxTimestamp());
    return CONTINUE;
  }

  override onEventTime(timeMs: number, window: GlobalWindow): TriggerResult {
    return timeMs === window.maxTimestamp() ? FIRE : CONTINUE;
  }
}
