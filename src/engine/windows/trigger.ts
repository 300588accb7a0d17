import type {
  AggregatingState,
  AggregatingStateDescriptor,
  ListState,
  ListStateDescriptor,
  MapState,
  MapStateDescriptor,
  ReducingState,
  ReducingStateDescriptor,
  ValueState,
  ValueStateDescriptor,
} from "../state/state.ts";
import type { Key } from "../state/key.ts";
import type { Window } from "./window.ts";

/** What happens to a window: nothing, it fires, its contents are dropped, or it fires and its contents are dropped. */
export const TriggerResult = {
  CONTINUE: "CONTINUE",
  FIRE: "FIRE",
  PURGE: "PURGE",
  FIRE_AND_PURGE: "FIRE_AND_PURGE",
} as const;
/** One of the values of {@link TriggerResult}. */
export type TriggerResult = typeof TriggerResult[keyof typeof TriggerResult];

/**
 * Decides when a window fires.
 *
 * One trigger serves all keys, all windows and all attempts of a job: what it has to remember is in the context's states, which
 * are those of the current key and window.
 * @see Flink: Trigger
 */
export abstract class Trigger<T, W extends Window> {
  /** For explain, and stored with the state, which only the same description can read: put in it what the results depend on. */
  abstract readonly description: string;

  /**
   * A record has been added to the window.
   * @param timestampMs event time of the record, ms, or `NO_TIMESTAMP`
   */
  abstract onElement(value: T, timestampMs: number, window: W, context: TriggerContext): TriggerResult;

  /** An event-time timer of the window fires. */
  abstract onEventTime(timeMs: number, window: W, context: TriggerContext): TriggerResult;

  /** A processing-time timer of the window fires. */
  abstract onProcessingTime(timeMs: number, window: W, context: TriggerContext): TriggerResult;

  /** Whether it supports windows that merge; if so, `onMerge()` moves its states and timers. */
  canMerge(): boolean {
    return false;
  }

  /**
   * Windows have merged. Merge their states and register the timers that the merged window needs: `clear()` is called for each of
   * the windows that it replaces.
   */
  onMerge(_window: W, _context: OnMergeContext): void {
    throw new TypeError(`${this.description} does not support merging`);
  }

  /** The window is removed: clear its states and delete its timers. */
  abstract clear(window: W, context: TriggerContext): void;
}

/** What a trigger can use. Timers and states are those of the current key and window. */
export interface TriggerContext {
  /** The watermark, ms; while timers fire it is the new one already. */
  currentWatermark(): number;
  /** ms since the Unix epoch */
  currentProcessingTime(): number;
  /** Registers an event-time timer. One for a time that has passed fires with the next watermark; one registered twice fires once. */
  registerEventTimeTimer(timeMs: number): void;
  /** Registers a processing-time timer. One for a time that has passed fires at the next check of the clock. */
  registerProcessingTimeTimer(timeMs: number): void;
  /** Deletes the event-time timer of that time, if one is registered. */
  deleteEventTimeTimer(timeMs: number): void;
  /** Deletes the processing-time timer of that time, if one is registered. */
  deleteProcessingTimeTimer(timeMs: number): void;
  /** A value of the current key and window; its name is shared with the `windowState()` of the window's function. */
  getPartitionedState<S>(descriptor: ValueStateDescriptor<S>): ValueState<S>;
  /** The reducing state of that name; names are shared with the `windowState()` of the window's function. */
  getPartitionedState<S>(descriptor: ReducingStateDescriptor<S>): ReducingState<S>;
  /** The list state of that name; names are shared with the `windowState()` of the window's function. */
  getPartitionedState<S>(descriptor: ListStateDescriptor<S>): ListState<S>;
  /** The map state of that name; names are shared with the `windowState()` of the window's function. */
  getPartitionedState<MK extends Key, MV>(descriptor: MapStateDescriptor<MK, MV>): MapState<MK, MV>;
  /** The aggregating state of that name; names are shared with the `windowState()` of the window's function. */
  getPartitionedState<IN, ACC, OUT>(descriptor: AggregatingStateDescriptor<IN, ACC, OUT>): AggregatingState<IN, OUT>;
}

/** What a trigger can use when windows merge: the current window is the merged one. */
export interface OnMergeContext extends TriggerContext {
  /** Merges the state of the windows that are replaced into that of the merged window. */
  mergePartitionedState<S>(descriptor: MergeableStateDescriptor<S>): void;
}

/** Describes a state that can be merged. */
export type MergeableStateDescriptor<S> =
  | ReducingStateDescriptor<S>
  | ListStateDescriptor<S>
  // deno-lint-ignore no-explicit-any -- an accumulator goes in and comes out again
  | AggregatingStateDescriptor<any, S, any>;
