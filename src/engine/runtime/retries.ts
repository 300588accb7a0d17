import { isRetriable, maxAttemptsOf, mayRestart } from "../error_codes.ts";
import type { JobRunOptions } from "./run_options.ts";
import { startRestarts } from "./restart_strategy.ts";

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 10_000;

/** An attempt that has failed. */
export interface FailedAttempt {
  readonly reason: unknown;
  /** Whether it has committed more than where it began. */
  readonly madeProgress: boolean;
  /** When it began its work, ms of the monotonic clock. */
  readonly startedMs: number;
}

/**
 * When a job begins again from its last commit: after a growing pause where the layer that failed says that this can help, else as
 * the restart strategy has it.
 */
export class Retries {
  readonly #options: JobRunOptions;
  readonly #restarts: ReturnType<typeof startRestarts>;
  #retryMs = FIRST_RETRY_MS;
  /** Attempts in a row that have brought nothing. */
  #fruitless = 0;

  constructor(options: JobRunOptions) {
    this.#options = options;
    this.#restarts = startRestarts(options.restartStrategy);
  }

  /** @returns ms until the next attempt; undefined if the job has failed */
  pauseMs({ reason, madeProgress, startedMs }: FailedAttempt): number | undefined {
    const { clock, jobName, logger, store } = this.#options;
    this.#fruitless = madeProgress ? 1 : this.#fruitless + 1;
    if (isRetriable(reason) && this.#fruitless < maxAttemptsOf(reason)) {
      // Work went on for a while: this is a new trouble, not the old one.
      if (clock.monotonicMs() - startedMs > LAST_RETRY_MS) this.#retryMs = FIRST_RETRY_MS;
      const pauseMs = this.#retryMs;
      this.#retryMs = Math.min(pauseMs * 2, LAST_RETRY_MS);
      return pauseMs;
    }
    // Without a store it would begin from the start, and emit all output once more.
    const pauseMs = store !== undefined && mayRestart(reason)
      ? this.#restarts.nextDelayMs(clock.monotonicMs(), startedMs)
      : undefined;
    if (pauseMs === undefined && isRetriable(reason)) {
      logger.error(`${jobName}: gives up, as ${this.#fruitless} attempts in a row came to nothing`);
    }
    return pauseMs;
  }
}
