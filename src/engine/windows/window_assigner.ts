import type { Trigger } from "./trigger.ts";
import type { Window } from "./window.ts";

/**
 * Decides which windows a record falls into.
 *
 * One assigner serves all keys and all attempts of a job: its results do not depend on earlier calls.
 * @see Flink: WindowAssigner
 */
export abstract class WindowAssigner<T, W extends Window> {
  /** For explain, and stored with the state, which only the same description can read. */
  abstract readonly description: string;

  /** Into how many windows a record falls at most, if that is known. */
  readonly windowsPerRecord?: number;

  /**
   * The windows into which a record falls.
   * @param timestampMs event time of the record, ms, or `NO_TIMESTAMP`, which an assigner of event time never gets
   * @returns an array that is only read, and only until the next call
   */
  abstract assignWindows(value: T, timestampMs: number, context: WindowAssignerContext): readonly W[];

  /** The window with that id, which comes from a timer or a restored state. In Flink: `getWindowSerializer()`. */
  abstract windowOf(id: string): W;

  /** The trigger of windows for which `trigger()` is not called. */
  abstract getDefaultTrigger(): Trigger<NoInfer<T>, NoInfer<W>>;

  /** Whether windows end by event time (and records can be late) or by processing time. */
  abstract isEventTime(): boolean;
}

/** What an assigner can read. */
export interface WindowAssignerContext {
  /** ms since the Unix epoch */
  currentProcessingTime(): number;
}

/**
 * Assigns each record a window of its own, and decides which windows of a key merge.
 * @see Flink: MergingWindowAssigner
 */
export abstract class MergingWindowAssigner<T, W extends Window> extends WindowAssigner<T, W> {
  /** Calls `merge` for every group of two or more windows that merge, with the window that replaces them. */
  abstract mergeWindows(windows: readonly W[], merge: (toBeMerged: readonly W[], mergeResult: W) => void): void;
}
