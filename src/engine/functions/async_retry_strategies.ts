import type { AsyncRetryStrategy } from "./async_function.ts";

/** What is a reason to ask again. Without any predicate every error is a reason (in Flink nothing would be). */
export interface AsyncRetryPredicates<OUT> {
  /** Whether results are a reason to ask again. */
  readonly ifResult?: (results: readonly OUT[]) => boolean;
  /** Whether an error is a reason to ask again. */
  readonly ifException?: (error: unknown) => boolean;
}

/** Predicates for {@link AsyncRetryStrategies}, by Flink's names. */
export const RetryPredicates = {
  EMPTY_RESULT_PREDICATE: (results: readonly unknown[]): boolean => results.length === 0,
  HAS_EXCEPTION_PREDICATE: (_error: unknown): boolean => true,
} as const;

/**
 * Ready-made {@link AsyncRetryStrategy}s. As in Flink `maxAttempts` are those after the first call, and when they are used up
 * results that are a reason to ask again count as results all the same.
 * @see Flink: AsyncRetryStrategies
 */
export abstract class AsyncRetryStrategies {
  /**
   * Asks again after the same time each time.
   * @param maxAttempts a whole number > 0
   * @param backoffTimeMillis > 0
   * @throws {RangeError} otherwise
   */
  static fixedDelay<OUT>(
    maxAttempts: number,
    backoffTimeMillis: number,
    predicates: AsyncRetryPredicates<OUT> = {},
  ): AsyncRetryStrategy<OUT> {
    checkPositive("backoffTimeMillis", backoffTimeMillis);
    return newStrategy(maxAttempts, () => backoffTimeMillis, predicates);
  }

  /**
   * Waits longer from call to call: `initialDelayMs`, then `multiplier` times as long, up to `maxRetryDelayMs`. Each record
   * begins anew (in Flink the delay goes on growing over all of an operator's records).
   * @throws {RangeError} if a number is not > 0, `maxAttempts` not whole or `multiplier` < 1
   */
  static exponentialBackoff<OUT>(
    maxAttempts: number,
    delays: { readonly initialDelayMs: number; readonly maxRetryDelayMs: number; readonly multiplier: number },
    predicates: AsyncRetryPredicates<OUT> = {},
  ): AsyncRetryStrategy<OUT> {
    const { initialDelayMs, maxRetryDelayMs, multiplier } = delays;
    checkPositive("initialDelayMs", initialDelayMs);
    checkPositive("maxRetryDelayMs", maxRetryDelayMs);
    if (!(multiplier >= 1)) {
      throw new RangeError(`Cannot create a retry strategy as multiplier must be >= 1: current value is ${multiplier}`);
    }
    const delayMs = (currentAttempts: number) =>
      Math.min(initialDelayMs * multiplier ** (currentAttempts - 1), maxRetryDelayMs);
    return newStrategy(maxAttempts, delayMs, predicates);
  }
}

function newStrategy<OUT>(
  maxAttempts: number,
  getBackoffTimeMillis: (currentAttempts: number) => number,
  { ifResult, ifException }: AsyncRetryPredicates<OUT>,
): AsyncRetryStrategy<OUT> {
  if (!(Number.isInteger(maxAttempts) && maxAttempts > 0)) {
    throw new RangeError(
      `Cannot create a retry strategy as maxAttempts must be a whole number > 0: current value is ${maxAttempts}`,
    );
  }
  return {
    canRetry: (currentAttempts) => currentAttempts <= maxAttempts,
    getBackoffTimeMillis,
    ifResult: ifResult ?? (() => false),
    ifException: ifException ?? (() => ifResult === undefined),
  };
}

function checkPositive(name: string, value: number): void {
  if (value > 0) return;
  throw new RangeError(`Cannot create a retry strategy as ${name} must be > 0: current value is ${value}`);
}
