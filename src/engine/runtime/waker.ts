import type { Clock } from "../clock.ts";

/** A job's loop sleeps no longer than that, ms: timers of the machine take no larger numbers. */
const LONGEST_MS = 60_000;

/** The sleep of a job's loop, which ends when there is something to do. */
export class Waker {
  readonly #clock: Clock;
  #woken = false;
  #stop: () => void = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Ends the sleep; without one, the next. */
  wake(): void {
    this.#woken = true;
    this.#stop();
  }

  /** What was to be done is done from now on. */
  clear(): void {
    this.#woken = false;
  }

  /** Resolves after `ms`, at `wake()` or when one of the signals is aborted. */
  async sleep(ms: number, signals: readonly AbortSignal[]): Promise<void> {
    if (this.#woken || signals.some(({ aborted }) => aborted)) return;
    const controller = new AbortController();
    // With a reason, as without one each call makes an error with its stack.
    const stop = () => controller.abort("woken");
    this.#stop = stop;
    for (const signal of signals) signal.addEventListener("abort", stop);
    await this.#clock.sleep(Math.min(ms, LONGEST_MS), controller.signal);
    this.#stop = () => {};
    for (const signal of signals) signal.removeEventListener("abort", stop);
  }
}
