import { PERIODIC_EMIT_MS } from "../time/watermark_strategy.ts";
import { IdleEventTime } from "./idle_event_time.ts";
import type { RunningJob } from "./running_job.ts";

/** One moment by both clocks. */
export interface Moment {
  /** Time of day, ms since the Unix epoch. */
  readonly nowMs: number;
  /** For durations. */
  readonly monotonicMs: number;
}

/** The rest of a moment's work has to wait for work that was put off. */
const LATER = { roomAgain: true, nextInMs: 0 };

/** What happens in a job because time passes, and not because a record comes. */
export class PassingTime {
  readonly #job: RunningJob;
  readonly #idleEventTime: IdleEventTime;
  #lastPeriodicMs = Number.NEGATIVE_INFINITY;

  constructor(job: RunningJob) {
    this.#job = job;
    this.#idleEventTime = new IdleEventTime(job, job.attempt.options.closeIdleMs);
  }

  /**
   * Fires processing-time timers, emits results that have come meanwhile and watermarks that are due, and notices what is idle.
   * @returns ms until there may be more to do, timers and results left out; whether there is room again for records
   */
  advance(moment: Moment): { readonly roomAgain: boolean; readonly nextInMs: number } {
    const { attempt: { activity, slices }, sources, tasks, asyncTasks } = this.#job;
    const { nowMs, monotonicMs } = moment;
    const periodicInMs = this.#emitPeriodically(moment);
    for (const task of tasks) {
      if (slices.isPaused) return LATER;
      if (!task.processingTimers.isDue(nowMs)) continue;
      activity.work(() => `firing timers of "${task.name}"`, () => task.advanceProcessingTime(nowMs));
    }
    const wasFull = this.#job.isFull;
    for (const task of asyncTasks) {
      if (slices.isPaused) return LATER;
      activity.work(() => `emitting results of "${task.name}"`, () => task.emitReady());
    }
    if (slices.isPaused) return LATER;
    let idleInMs = Number.POSITIVE_INFINITY;
    for (const source of sources) idleInMs = Math.min(idleInMs, source.checkIdleness(monotonicMs));
    const nextInMs = Math.min(idleInMs, this.#idleEventTime.tick(monotonicMs), periodicInMs);
    return { roomAgain: wasFull && !this.#job.isFull, nextInMs };
  }

  /** ms until the next timer or the next look at results is due, 0 at least, +∞ if there is none. */
  nextTimerInMs({ nowMs, monotonicMs }: Moment): number {
    const { tasks, asyncTasks } = this.#job;
    const inMs = Math.min(
      ...tasks.map(({ processingTimers }) => processingTimers.nextTimeMs - nowMs),
      ...asyncTasks.map(({ operator }) => operator.pendingResults!.nextTimeMs - monotonicMs),
    );
    return Math.max(inMs, 0);
  }

  /** @returns ms until it is due again, +∞ if no generator asks for it */
  #emitPeriodically({ nowMs, monotonicMs }: Moment): number {
    const sources = this.#job.sources.filter(({ periodic }) => periodic);
    const tasks = this.#job.tasks.filter(({ operator }) => operator.onPeriodicEmit !== undefined);
    if (sources.length + tasks.length === 0) return Number.POSITIVE_INFINITY;
    const inMs = this.#lastPeriodicMs + PERIODIC_EMIT_MS - monotonicMs;
    if (inMs > 0) return inMs;
    this.#lastPeriodicMs = monotonicMs;
    for (const source of sources) source.emitPeriodically(nowMs);
    for (const task of tasks) task.emitPeriodically(nowMs);
    return PERIODIC_EMIT_MS;
  }
}
