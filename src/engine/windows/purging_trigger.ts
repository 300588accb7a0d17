import { type OnMergeContext, Trigger, type TriggerContext, TriggerResult } from "./trigger.ts";
import type { Window } from "./window.ts";

/** Fires when another trigger does, and drops the window's contents then: each record is emitted once. */
export class PurgingTrigger<T, W extends Window> extends Trigger<T, W> {
  /** For explain, and stored with the state. */
  readonly description: string;
  readonly #nested: Trigger<T, W>;

  private constructor(nested: Trigger<T, W>) {
    super();
    this.#nested = nested;
    this.description = `PurgingTrigger(${nested.description})`;
  }

  /** Fires when `nested` does, and purges. */
  static of<T, W extends Window>(nested: Trigger<T, W>): PurgingTrigger<T, W> {
    return new PurgingTrigger(nested);
  }

  /** @internal */
  override onElement(value: T, timestampMs: number, window: W, context: TriggerContext): TriggerResult {
    return purging(this.#nested.onElement(value, timestampMs, window, context));
  }

  /** @internal */
  override onEventTime(timeMs: number, window: W, context: TriggerContext): TriggerResult {
    return purging(this.#nested.onEventTime(timeMs, window, context));
  }

  /** @internal */
  override onProcessingTime(timeMs: number, window: W, context: TriggerContext): TriggerResult {
    return purging(this.#nested.onProcessingTime(timeMs, window, context));
  }

  /** @internal */
  override canMerge(): boolean {
    return this.#nested.canMerge();
  }

  /** @internal */
  override onMerge(window: W, context: OnMergeContext): void {
    this.#nested.onMerge(window, context);
  }

  /** @internal */
  override clear(window: W, context: TriggerContext): void {
    this.#nested.clear(window, context);
  }
}

function purging(result: TriggerResult): TriggerResult {
  return result === TriggerResult.FIRE ? TriggerResult.FIRE_AND_PURGE : result;
}
