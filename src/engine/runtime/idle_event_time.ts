import { MIN_WATERMARK } from "../record.ts";
import type { JobParts } from "./running_job.ts";
import type { SourceTask } from "./source_task.ts";
import type { Task } from "./task.ts";

/** Between two looks while event time goes by the clock, ms. */
const STEP_MS = 100;

/**
 * Lets event time go on with the clock while no source has anything to emit, so that the last windows fire though nobody
 * sends any more: so long after its last record a source stands so much behind the largest time that it came to.
 *
 * What comes after all, with an earlier time, is late. Flink has no such thing: there the last windows wait for ever.
 */
export class IdleEventTime {
  readonly #sources: readonly SourceTask[];
  readonly #tasks: readonly Task[];
  readonly #afterMs: number;

  /** @param afterMs how long all sources must have been silent */
  constructor({ sources, tasks }: JobParts, afterMs: number) {
    this.#sources = sources;
    this.#tasks = tasks;
    this.#afterMs = afterMs;
  }

  /**
   * @param now ms of the monotonic clock
   * @returns ms until it wants to be asked again, +∞ if only a record makes a difference
   */
  tick(now: number): number {
    const sources = this.#sources.filter(({ ended }) => !ended);
    const silentMs = Math.min(...sources.map((source) => source.silentMs(now)));
    const waited = silentMs >= this.#afterMs;
    for (const source of sources) source.byClock = waited;
    if (!waited) return this.#afterMs - silentMs;
    // Nothing waits for event time: the longer it stays, the fewer records will be late.
    if (sources.length === 0 || !this.#tasks.some(({ timers }) => timers.size > 0)) return Number.POSITIVE_INFINITY;
    for (const source of sources) {
      const largestMs = Math.max(...source.splits.map(({ watermarkMs }) => watermarkMs));
      if (largestMs === MIN_WATERMARK) source.giveUp();
      else source.advanceByClock(largestMs + source.silentMs(now));
    }
    return STEP_MS;
  }
}
