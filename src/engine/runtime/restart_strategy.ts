/**
 * Whether, and after how long, a job that failed begins again from its last commit.
 *
 * It is asked only about failures that a new attempt may not heal, such as a function that throws in a window or a timer.
 * What a store says will pass (a broker that is away) is tried again for ever, with growing pauses.
 */
export abstract class RestartStrategy {
  /** For messages: "fixed delay, 3 attempts, 10 s apart". */
  abstract readonly description: string;
  /** Counts afresh: called once when the job is executed. */
  abstract start(): Restarts;

  /** A failed job stays failed. The default. @see Flink: restart-strategy.type none */
  static none(): RestartStrategy {
    return new Strategy("none", () => ({ nextDelayMs: () => undefined }));
  }

  /**
   * Begins again a number of times in all, each time after the same pause.
   * @param options.attempts whole number > 0
   * @param options.delayMs >= 0
   * @throws {RangeError} otherwise
   * @see Flink: restart-strategy.type fixed-delay
   */
  static fixedDelay(options: { attempts: number; delayMs: number }): RestartStrategy {
    const { attempts, delayMs } = options;
    checkCount("fixedDelay", "attempts", attempts);
    checkMs("fixedDelay", "delayMs", delayMs, 0);
    return new Strategy(`fixed delay, ${attempts} attempts, ${delayMs / 1000} s apart`, () => {
      let left = attempts;
      return { nextDelayMs: () => (left-- > 0 ? delayMs : undefined) };
    });
  }

  /**
   * Begins again until there are more than `maxFailures` within `intervalMs`.
   * @throws {RangeError} unless maxFailures is a whole number > 0, intervalMs > 0 and delayMs >= 0
   * @see Flink: restart-strategy.type failure-rate
   */
  static failureRate(options: { maxFailures: number; intervalMs: number; delayMs: number }): RestartStrategy {
    const { maxFailures, intervalMs, delayMs } = options;
    checkCount("failureRate", "maxFailures", maxFailures);
    checkMs("failureRate", "intervalMs", intervalMs, Number.MIN_VALUE);
    checkMs("failureRate", "delayMs", delayMs, 0);
    return new Strategy(`failure rate, ${maxFailures} in ${intervalMs / 1000} s, ${delayMs / 1000} s apart`, () => {
      let failures: number[] = [];
      return {
        nextDelayMs: (failedMs) => {
          failures = [...failures.filter((ms) => ms > failedMs - intervalMs), failedMs];
          return failures.length <= maxFailures ? delayMs : undefined;
        },
      };
    });
  }

  /**
   * Begins again for ever, after pauses that grow, and begin anew when the job has worked for a while.
   * @param options.initialMs > 0, default 1,000
   * @param options.maxMs >= initialMs, default 60,000
   * @param options.factor >= 1, default 2
   * @param options.resetAfterMs of work without a failure, > 0, default ten times maxMs
   * @throws {RangeError} otherwise
   * @see Flink: restart-strategy.type exponential-delay; without its jitter, as one instance restarts here and not hundreds
   */
  static exponentialDelay(
    options: { initialMs?: number; maxMs?: number; factor?: number; resetAfterMs?: number } = {},
  ): RestartStrategy {
    const { initialMs = 1_000, maxMs = 60_000, factor = 2, resetAfterMs = 10 * maxMs } = options;
    checkMs("exponentialDelay", "initialMs", initialMs, Number.MIN_VALUE);
    checkMs("exponentialDelay", "maxMs", maxMs, initialMs);
    checkMs("exponentialDelay", "factor", factor, 1);
    checkMs("exponentialDelay", "resetAfterMs", resetAfterMs, Number.MIN_VALUE);
    return new Strategy(`exponential delay, ${initialMs / 1000} s to ${maxMs / 1000} s`, () => {
      let nextMs = initialMs;
      return {
        nextDelayMs: (failedMs, startedMs) => {
          if (failedMs - startedMs >= resetAfterMs) nextMs = initialMs;
          const delayMs = nextMs;
          nextMs = Math.min(nextMs * factor, maxMs);
          return delayMs;
        },
      };
    });
  }
}

/** A strategy at work. */
export interface Restarts {
  /**
   * Called once for each failure.
   * @param failedMs when the attempt failed, ms since the Unix epoch
   * @param startedMs when it began
   * @returns the pause before the next attempt, or undefined to give up
   */
  nextDelayMs(failedMs: number, startedMs: number): number | undefined;
}

class Strategy extends RestartStrategy {
  override readonly description: string;
  readonly #start: () => Restarts;

  constructor(description: string, start: () => Restarts) {
    super();
    this.description = description;
    this.#start = start;
  }

  override start(): Restarts {
    return this.#start();
  }
}

function checkCount(method: string, name: string, value: number): void {
  if (Number.isInteger(value) && value > 0) return;
  throw new RangeError(`Cannot describe ${method}() as ${name} must be a whole number > 0: current value is ${value}`);
}

function checkMs(method: string, name: string, value: number, least: number): void {
  if (value >= least && value < Number.POSITIVE_INFINITY) return;
  const bound = least === Number.MIN_VALUE ? "> 0" : `>= ${least}`;
  throw new RangeError(`Cannot describe ${method}() as ${name} must be ${bound}: current value is ${value}`);
}
