import { MAX_WATERMARK } from "../record.ts";
import type { EventTime } from "../state/expiry.ts";

/** What event time of a task follows from. */
export interface TimedTask {
  /** Event time of the newest record, ms. */
  readonly newestTimestampMs: number;
  /** Whether a timer is at work, and no record. */
  readonly timerFires: boolean;
  /** Event time that the last commit has, ms. */
  readonly committedMs: number;
  currentWatermark(): number;
}

/**
 * Event time of the record or timer that is at work in a task, for state that expires by it.
 *
 * A timer is at its own time, though the watermark that fires it may have jumped far beyond: else what it sees would follow from
 * how far the watermark jumped.
 */
export class TaskEventTime implements EventTime {
  readonly #task: TimedTask;
  /** Of the timer that fires, ms. */
  #timerMs: number;
  /** All timers up to there have fired. */
  #firedMs: number;

  /** @param restoredMs event time of the last commit, ms */
  constructor(task: TimedTask, restoredMs: number) {
    this.#task = task;
    this.#timerMs = this.#firedMs = restoredMs;
  }

  /** A timer is at work from now on; one of the machine's clock, or one that was set in the past, is at the time that has come. */
  timerFires(timeMs: number): void {
    this.#timerMs = Math.max(timeMs, this.#firedMs);
  }

  /** Event time has come to `watermarkMs`, and all its timers have fired. */
  timersFired(watermarkMs: number): void {
    // The end of a bounded run is no time.
    if (watermarkMs !== MAX_WATERMARK) this.#firedMs = watermarkMs;
  }

  nowMs(): number {
    const task = this.#task;
    return task.timerFires ? this.#timerMs : Math.max(task.newestTimestampMs, task.currentWatermark());
  }

  committedMs(): number {
    return this.#task.committedMs;
  }
}
