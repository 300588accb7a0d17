import type { RuntimeContext } from "./functions.ts";

/**
 * Asks something outside about a record: a service, a database.
 *
 * Where Flink hands it a `ResultFuture` to complete, here it returns a promise. As there it gives a collection: one result,
 * several or none. (A bare value would be ambiguous: is an array one result, or several?)
 *
 * Exactly once holds for the results, not for the calls: after a crash those that had no answer yet are made again.
 * @see Flink: AsyncFunction.asyncInvoke()
 */
export type AsyncFunction<IN, OUT> = (input: IN, context: AsyncContext) => Promise<readonly OUT[]>;

/**
 * An {@link AsyncFunction} with something to open and close, for instance a pool of connections. It is described once and opened
 * anew for each attempt of the job. Any object with these functions will do.
 * @see Flink: RichAsyncFunction
 */
export interface RichAsyncFunction<IN, OUT> {
  /** Asks about a record. The promise gives any number of results. */
  asyncInvoke(input: IN, context: AsyncContext): Promise<readonly OUT[]>;
  /** Called before the first record of each attempt, and before the calls that a restart makes again. */
  open?(context: RuntimeContext): void;
  /** Called when the attempt ends, however it ends, after the signals of all calls. It is waited for. */
  close?(): void | Promise<void>;
}

/** What an {@link AsyncFunction} learns beside the record. */
export interface AsyncContext {
  /** Aborted when nobody waits for the answer any more: the time is over, or the job ends. For `fetch()` and the like. */
  signal(): AbortSignal;
}

/**
 * When to ask again. `AsyncRetryStrategies` makes the usual ones.
 * @see Flink: AsyncRetryStrategy
 */
export interface AsyncRetryStrategy<OUT> {
  /**
   * Whether there may be one more call.
   * @param currentAttempts calls made so far, >= 1
   */
  canRetry(currentAttempts: number): boolean;
  /** ms until the next call. @param currentAttempts calls made so far, >= 1 */
  getBackoffTimeMillis(currentAttempts: number): number;
  /** Whether results are a reason to ask again. */
  ifResult(results: readonly OUT[]): boolean;
  /** Whether an error is a reason to ask again. */
  ifException(error: unknown): boolean;
}

/** How {@link AsyncFunction}s are called. */
export interface AsyncWaitOptions<IN, OUT> {
  /** ms for a record, all its calls and the pauses between them included; > 0; Infinity: no limit. */
  readonly timeoutMs: number;
  /** How many records may be at work at a time: more wait at their source. A whole number > 0, default 100. */
  readonly capacity?: number;
  /** Default: no second call; the job's `onError` says what becomes of the record. */
  readonly retry?: AsyncRetryStrategy<OUT>;
  /**
   * Makes results in place of those that have not come in time. Default: the job's `onError` says what becomes of the record.
   * @see Flink: AsyncFunction.timeout()
   */
  readonly onTimeout?: (input: IN) => readonly OUT[];
}
