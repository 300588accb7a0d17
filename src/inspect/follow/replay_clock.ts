import { type Clock, SYSTEM_CLOCK } from "../../engine/mod.ts";

/** The longest that the job may sleep without a look around, ms: time here goes by records, not by itself. */
const LONGEST_SLEEP_MS = 10;

/**
 * The clock of a job that runs again: it stands at the time of the newest record that the job has taken, so that its functions see
 * about the time that they saw when the job lived through it. It never goes beyond the machine's.
 */
export class ReplayClock implements Clock {
  readonly #real: () => number;
  #nowMs = Number.NEGATIVE_INFINITY;
  #monotonicMs = 0;

  /** @param real the machine's clock, ms since the Unix epoch */
  constructor(real: () => number) {
    this.#real = real;
  }

  /** Sets it to a record's time, unless it is beyond that already. */
  advance(timestampMs: number): void {
    const nowMs = Math.min(timestampMs, this.#real());
    if (!(nowMs > this.#nowMs)) return;
    // Before the first record no time has passed.
    if (this.#nowMs > Number.NEGATIVE_INFINITY) this.#monotonicMs += nowMs - this.#nowMs;
    this.#nowMs = nowMs;
  }

  now(): number {
    return this.#nowMs === Number.NEGATIVE_INFINITY ? this.#real() : this.#nowMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return SYSTEM_CLOCK.sleep(Math.min(Math.max(ms, 0), LONGEST_SLEEP_MS), signal);
  }
}
