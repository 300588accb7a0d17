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

/** What becomes of a window: nothing, a result, its contents being dropped, or first the one and then the other. */
export const TriggerResult = {
  CONTINUE: "CONTINUE",
  FIRE: "FIRE",
  PURGE: "PURGE",
  FIRE_AND_PURGE: "FIRE_AND_PURGE",
} as const;
/** One of these words. */
export type TriggerResult = typeof TriggerResult[keyof typeof TriggerResult];

/**
 * Decides when a window fires.
 *
 * One serves all keys, all windows and all attempts of a job: what it has to remember lies in the context's states, which are
 * those of the key and window at work.
 * @see Flink: Trigger
 */
export abstract class Trigger<T, W extends Window> {
  /** For explain, and stored with the state: another description cannot read it. Say in it what the results depend on. */
  abstract readonly description: string;

  /**
   * A record has come into the window.
   * @param timestampMs event time of the record, ms, or `NO_TIMESTAMP`
   */
  abstract onElement(value: T, timestampMs: number, window: W, context: TriggerContext): TriggerResult;

  /** An event-time timer of the window has come due. */
  abstract onEventTime(timeMs: number, window: W, context: TriggerContext): TriggerResult;

  /** A processing-time timer of the window has come due. */
  abstract onProcessingTime(timeMs: number, window: W, context: TriggerContext): TriggerResult;

  /** Whether it can work on windows that merge; if so, `onMerge()` moves its states and timers. */
  canMerge(): boolean {
    return false;
  }

  /**
   * Windows have become one. Merge the states and register the timers that the one needs: `clear()` is called for each of the
   * windows that are no more.
   */
  onMerge(_window: W, _context: OnMergeContext): void {
    throw new TypeError(`${this.description} does not support merging`);
  }

  /** The window is no more: release its states and timers. */
  abstract clear(window: W, context: TriggerContext): void;
}

/** What a trigger may use. Timers and states are those of the key and window at work. */
export interface TriggerContext {
  /** ms; while timers fire it is the new watermark already */
  currentWatermark(): number;
  /** ms since the Unix epoch */
  currentProcessingTime(): number;
  /** A time that has passed already comes due with the next watermark. One registered twice comes due once. */
  registerEventTimeTimer(timeMs: number): void;
  /** A time that has passed already comes due when the clock is looked at next. */
  registerProcessingTimeTimer(timeMs: number): void;
  /** Deletes the event-time timer of that time; nothing happens if there is none. */
  deleteEventTimeTimer(timeMs: number): void;
  /** Deletes the processing-time timer of that time; nothing happens if there is none. */
  deleteProcessingTimeTimer(timeMs: number): void;
  /** The state of that name; names are shared with the `windowState()` of the window's function. */
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

/** What a trigger may use when windows become one: the one is the window at work. */
export interface OnMergeContext extends TriggerContext {
  /** Moves what the windows that are no more have in a state into the state of the one. */
  mergePartitionedState<S>(descriptor: MergeableStateDescriptor<S>): void;
}

/** Describes a state of which two can be made one. */
export type MergeableStateDescriptor<S> =
  | ReducingStateDescriptor<S>
  | ListStateDescriptor<S>
  // deno-lint-ignore no-explicit-any -- an accumulator goes in and comes out again
  | AggregatingStateDescriptor<any, S, any>;
