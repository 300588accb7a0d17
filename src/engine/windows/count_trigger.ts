import { ReducingStateDescriptor } from "../state/state.ts";
import { checkWhole } from "./checks.ts";
import { type OnMergeContext, Trigger, type TriggerContext, TriggerResult } from "./trigger.ts";
import type { Window } from "./window.ts";

const COUNT = new ReducingStateDescriptor<number>("trigger.count", (total, next) => total + next);

/**
 * Fires at every `maxCount`th record of a window.
 *
 * It replaces the window's default trigger: records that have arrived since the last firing when the window ends are dropped
 * without another firing, as in Flink.
 */
export class CountTrigger extends Trigger<unknown, Window> {
  /** For explain, and stored with the state. */
  readonly description: string;
  readonly #maxCount: number;

  private constructor(maxCount: number) {
    super();
    this.#maxCount = maxCount;
    this.description = `CountTrigger(${maxCount})`;
  }

  /**
   * Fires at every `maxCount`th record.
   * @throws {RangeError} unless `maxCount` is a whole number > 0
   */
  static of(maxCount: number): CountTrigger {
    checkWhole("a count trigger", "maxCount", maxCount);
    return new CountTrigger(maxCount);
  }

  /** @internal */
  override onElement(_value: unknown, _timestampMs: number, _window: Window, context: TriggerContext): TriggerResult {
    const count = context.getPartitionedState(COUNT);
    count.add(1);
    if (count.get()! < this.#maxCount) return TriggerResult.CONTINUE;
    count.clear();
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
  override canMerge(): boolean {
    return true;
  }

  /** @internal */
  override onMerge(_window: Window, context: OnMergeContext): void {
    context.mergePartitionedState(COUNT);
  }

  /** @internal */
  override clear(_window: Window, context: TriggerContext): void {
    context.getPartitionedState(COUNT).clear();
  }
}
