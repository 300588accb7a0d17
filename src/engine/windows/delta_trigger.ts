import { ValueStateDescriptor } from "../state/state.ts";
import { Trigger, type TriggerContext, TriggerResult } from "./trigger.ts";
import type { Window } from "./window.ts";

/** The distance between two records. */
export type DeltaFunction<T> = (oldDataPoint: T, newDataPoint: T) => number;

/**
 * Fires at a record that is further than `threshold` from the one at the last firing (at first: from the window's first record).
 *
 * Triggers with different functions have the same description: give the operator another `uid()` when the function changes. Windows
 * that merge, such as sessions, refuse this trigger.
 */
export class DeltaTrigger<T> extends Trigger<T, Window> {
  /** For explain, and stored with the state. */
  readonly description: string;
  readonly #threshold: number;
  readonly #delta: DeltaFunction<T>;
  readonly #last = new ValueStateDescriptor<T>("trigger.last");

  private constructor(threshold: number, delta: DeltaFunction<T>) {
    super();
    this.#threshold = threshold;
    this.#delta = delta;
    this.description = `DeltaTrigger(${threshold})`;
  }

  /**
   * Fires when `delta` is more than `threshold`.
   * @throws {TypeError} if `threshold` is not a number or `delta` not a function
   */
  static of<T>(threshold: number, delta: DeltaFunction<T>): DeltaTrigger<T> {
    checkDelta("a delta trigger", threshold, delta);
    return new DeltaTrigger(threshold, delta);
  }

  /** @internal */
  override onElement(value: T, _timestampMs: number, _window: Window, context: TriggerContext): TriggerResult {
    const last = context.getPartitionedState(this.#last);
    const lastValue = last.value();
    if (lastValue === undefined) {
      last.update(value);
      return TriggerResult.CONTINUE;
    }
    const delta = this.#delta;
    if (!(delta(lastValue, value) > this.#threshold)) return TriggerResult.CONTINUE;
    last.update(value);
    return TriggerResult.FIRE;
  }

  /** @internal */
  override onEventTime(): TriggerResult {
    return TriggerResult.CONTINUE;
  }

  /** @internal */
  override onProcessingTime(): TriggerResult {
    return TriggerResult.CONTINUE;
  }

  /** @internal */
  override clear(_window: Window, context: TriggerContext): void {
    context.getPartitionedState(this.#last).clear();
  }
}

/** @throws {TypeError} naming what is wrong */
export function checkDelta(what: string, threshold: unknown, delta: unknown): void {
  if (typeof threshold !== "number" || Number.isNaN(threshold)) {
    throw new TypeError(`Cannot create ${what} as threshold must be a number: current value is ${threshold}`);
  }
  if (typeof delta === "function") return;
  throw new TypeError(`Cannot create ${what} without a function that says how far two records are apart`);
}
