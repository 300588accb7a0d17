import type { Trigger } from "./trigger.ts";
import type { Window } from "./window.ts";

/**
 * Decides which windows a record falls into.
 *
 * One serves all keys and all attempts of a job: it keeps nothing that its answers depend on.
 * @see Flink: WindowAssigner
 */
export abstract class WindowAssigner<T, W extends Window> {
  /** For explain, and stored with the state: another description cannot read it. */
  abstract readonly description: string;

  /** Into how many windows a record falls at most, if that is known: each keeps it. */
  readonly windowsPerRecord?: number;

  /**
   * The windows into which a record falls.
   * @param timestampMs event time of the record, ms; `NO_TIMESTAMP` if it has none, which never comes with `isEventTime()`
   * @returns an array that is only read, and only until the next call
   */
  abstract assignWindows(value: T, timestampMs: number, context: WindowAssignerContext): readonly W[];

  /** The window that has that id, of a timer or a restored state. Flink's `getWindowSerializer()`. */
  abstract windowOf(id: string): W;

  /** Decides when windows fire if `trigger()` is not called. */
  abstract getDefaultTrigger(): Trigger<NoInfer<T>, NoInfer<W>>;

  /** Whether windows end by event time (and records can be late) or by the clock. */
  abstract isEventTime(): boolean;
}

/** What an assigner may ask. */
export interface WindowAssignerContext {
  /** ms since the Unix epoch */
  currentProcessingTime(): number;
}

/**
 * Gives each record a window of its own, and says which of a key's windows are one.
 * @see Flink: MergingWindowAssigner
 */
export abstract class MergingWindowAssigner<T, W extends Window> extends WindowAssigner<T, W> {
  /** Calls `merge` for every group of two or more windows that are one, with the window that takes their place. */
  abstract mergeWindows(windows: readonly W[], merge: (toBeMerged: readonly W[], mergeResult: W) => void): void;
}
