/**
 * Whether, and after how long, a job that failed begins again from its last commit.
 *
 * It is asked only about failures that a new attempt may not heal, such as a function that throws in a window or a timer.
 * What a store says will pass (a broker that is away) is tried again for ever, with growing pauses.
 *
 * @see Flink: restart-strategy.type
 */
export type RestartStrategy =
  | NoRestart
  | FixedDelayRestart
  | FailureRateRestart
  | ExponentialDelayRestart;

/** A failed job stays failed. */
export interface NoRestart {
  /** Tells the strategies apart. */
  readonly type: "none";
}

/** So many restarts in all, each after the same pause. */
export interface FixedDelayRestart {
  /** Tells the strategies apart. */
  readonly type: "fixed-delay";
  /** whole number > 0 */
  readonly attempts: number;
  /** >= 0 */
  readonly delayMs: number;
}

/** Restarts until there are more than `maxFailures` within `intervalMs`. */
export interface FailureRateRestart {
  /** Tells the strategies apart. */
  readonly type: "failure-rate";
  /** whole number > 0 */
  readonly maxFailures: number;
  /** > 0 */
  readonly intervalMs: number;
  /** >= 0 */
  readonly delayMs: number;
}

/**
 * Restarts for ever, after pauses that grow, and begin anew when the job has worked for a while. Without Flink's jitter: one
 * instance restarts here and not hundreds.
 */
export interface ExponentialDelayRestart {
  /** Tells the strategies apart. */
  readonly type: "exponential-delay";
  /** > 0, default 1,000 */
  readonly initialMs?: number;
  /** >= initialMs, default 60,000 */
  readonly maxMs?: number;
  /** >= 1, default 2 */
  readonly factor?: number;
  /** > 0: so long without a failure; default ten times maxMs */
  readonly resetAfterMs?: number;
}

/** A strategy at work. */
export interface Restarts {
  /**
   * @param failedMs when the attempt failed, ms of the monotonic clock
   * @param startedMs when it began
   * @returns the pause before the next attempt, ms, or undefined to give up
   */
  nextDelayMs(failedMs: number, startedMs: number): number | undefined;
}

/**
 * Begins to count failures.
 * @throws {RangeError} if a number of the strategy is out of range
 * @throws {TypeError} if it is not a restart strategy
 */
export function startRestarts(strategy: RestartStrategy): Restarts {
  switch (strategy.type) {
    case "none":
      return { nextDelayMs: () => undefined };
    case "fixed-delay":
      return fixedDelay(strategy);
    case "failure-rate":
      return failureRate(strategy);
    case "exponential-delay":
      return exponentialDelay(strategy);
  }
  const { type } = strategy as { type?: unknown };
  throw new TypeError(
    `Cannot restart a job by ${JSON.stringify(type)}: a restart strategy's type is ` +
      '"none", "fixed-delay", "failure-rate" or "exponential-delay"',
  );
}

function fixedDelay({ attempts, delayMs }: FixedDelayRestart): Restarts {
  checkCount("attempts", attempts);
  checkNumber("delayMs", delayMs, 0);
  let left = attempts;
  return { nextDelayMs: () => (left-- > 0 ? delayMs : undefined) };
}

function failureRate({ maxFailures, intervalMs, delayMs }: FailureRateRestart): Restarts {
  checkCount("maxFailures", maxFailures);
  checkNumber("intervalMs", intervalMs, Number.MIN_VALUE);
  checkNumber("delayMs", delayMs, 0);
  let failures: number[] = [];
  return {
    nextDelayMs(failedMs) {
      failures = [...failures.filter((ms) => ms > failedMs - intervalMs), failedMs];
      return failures.length <= maxFailures ? delayMs : undefined;
    },
  };
}

function exponentialDelay(strategy: ExponentialDelayRestart): Restarts {
  const { initialMs = 1_000, maxMs = 60_000, factor = 2, resetAfterMs = 10 * maxMs } = strategy;
  checkNumber("initialMs", initialMs, Number.MIN_VALUE);
  checkNumber("maxMs", maxMs, initialMs);
  checkNumber("factor", factor, 1);
  checkNumber("resetAfterMs", resetAfterMs, Number.MIN_VALUE);
  let nextMs = initialMs;
  return {
    nextDelayMs(failedMs, startedMs) {
      if (failedMs - startedMs >= resetAfterMs) nextMs = initialMs;
      const delayMs = nextMs;
      nextMs = Math.min(nextMs * factor, maxMs);
      return delayMs;
    },
  };
}

function checkCount(name: string, value: number): void {
  if (Number.isInteger(value) && value > 0) return;
  throw new RangeError(`Cannot restart a job as ${name} must be a whole number > 0: current value is ${value}`);
}

function checkNumber(name: string, value: number, least: number): void {
  if (value >= least && value < Number.POSITIVE_INFINITY) return;
  const bound = least === Number.MIN_VALUE ? "> 0" : `>= ${least}`;
  throw new RangeError(`Cannot restart a job as ${name} must be ${bound}: current value is ${value}`);
}
