import { isRetriable } from "../errors.ts";
import type { Sink, SinkContext, SinkWriter } from "../sink.ts";

/** Does something with a value. What it gives is waited for before the commit that counts the record as done. */
export type SinkFunction<T> = (value: T, timestampMs: number) => void | Promise<void>;

/** How a {@link FunctionSink} calls its function. */
export interface FunctionSinkOptions {
  /**
   * So many promises of the function may be unsettled at a time, a whole number >= 1; default 1: a call begins when the one
   * before has ended. With more, calls begin in the order of the records and may end in any.
   */
  readonly maxInFlight?: number;
}

/**
 * Calls a function for each record, in order: at least once, as what it did is not undone when the job goes back to its
 * last commit.
 *
 * What it throws is an error at that record, also later, when its promise rejects: the record goes the way of the job's
 * `onError`, with the value that the function was given. What the record did before it came here then stays, as other records
 * have come since. An error that says `retriable: true`, of a database that is away, is no record's: the job fails. When it
 * fails no further call begins.
 *
 * @see Flink: SinkFunction.invoke(), which blocks; here the job's other work goes on meanwhile
 */
export class FunctionSink<T> implements Sink<T> {
  readonly description: string;
  readonly #fn: SinkFunction<T>;
  readonly #maxInFlight: number;

  /**
   * Describes it: the function is not called before the job runs.
   * @throws {TypeError | RangeError} if `fn` is no function, or `maxInFlight` no whole number >= 1
   */
  constructor(fn: SinkFunction<T>, { maxInFlight = 1 }: FunctionSinkOptions = {}) {
    if (typeof fn !== "function") {
      throw new TypeError(`Cannot create a function sink as it needs a function: current value is ${fn}`);
    }
    if (!Number.isSafeInteger(maxInFlight) || maxInFlight < 1) {
      throw new RangeError(
        `Cannot create a function sink as maxInFlight must be a whole number >= 1: current value is ${maxInFlight}`,
      );
    }
    this.#fn = fn;
    this.#maxInFlight = maxInFlight;
    this.description = fn.name === "" ? "a function" : `function "${fn.name}"`;
  }

  exactlyOnceWith(): boolean {
    return false;
  }

  /** @internal */
  open({ refuse }: SinkContext): Promise<SinkWriter<T>> {
    return Promise.resolve(new FunctionWriter(this.#fn, this.#maxInFlight, refuse));
  }
}

interface Call<T> {
  readonly value: T;
  readonly timestampMs: number;
}

class FunctionWriter<T> implements SinkWriter<T> {
  readonly #fn: SinkFunction<T>;
  readonly #maxInFlight: number;
  readonly #refuse: SinkContext["refuse"];
  /** Calls that wait for their turn; the job flushes before it takes more records, so they are few. */
  #waiting: Call<T>[] = [];
  readonly #inFlight = new Set<Promise<void>>();
  /** Why the job fails. */
  #error: { readonly cause: unknown } | undefined;
  #closed = false;

  constructor(fn: SinkFunction<T>, maxInFlight: number, refuse: SinkContext["refuse"]) {
    this.#fn = fn;
    this.#maxInFlight = maxInFlight;
    this.#refuse = refuse;
  }

  write(value: T, timestampMs: number): void {
    // Called at once if that is possible: what it throws then has a record to blame.
    const call = { value, timestampMs };
    if (this.#inFlight.size >= this.#maxInFlight || this.#waiting.length > 0) {
      this.#waiting.push(call);
      return;
    }
    try {
      this.#begin(call);
    } catch (error) {
      // Then it has none to blame all the same: flush() throws it.
      if (!isRetriable(error)) throw error;
      this.#error ??= { cause: error };
    }
  }

  /** Those whose call has been made already are given out. */
  takeBack(records: number): void {
    this.#waiting.splice(Math.max(0, this.#waiting.length - records));
  }

  flush(): Promise<void> | undefined {
    return this.#inFlight.size === 0 && this.#waiting.length === 0 && this.#error === undefined
      ? undefined
      : this.#drain();
  }

  /** Lets calls that have begun come to their end: those of the next attempt must not meet them. */
  async close(): Promise<void> {
    this.#waiting = [];
    this.#closed = true;
    await Promise.all(this.#inFlight);
  }

  async #drain(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const call of waiting) {
      while (this.#inFlight.size >= this.#maxInFlight) await Promise.race(this.#inFlight);
      try {
        this.#begin(call);
      } catch (error) {
        this.#failed(call, error);
      }
    }
    await Promise.all(this.#inFlight);
    if (this.#error !== undefined) throw this.#error.cause;
  }

  #begin(call: Call<T>): void {
    if (this.#error !== undefined) return;
    const fn = this.#fn;
    const result = fn(call.value, call.timestampMs);
    if (result === undefined || typeof result.then !== "function") return;
    // Handled here and now: nobody may be waiting yet when it rejects.
    const settled: Promise<void> = Promise.resolve(result).then(
      () => void this.#inFlight.delete(settled),
      (error) => {
        this.#inFlight.delete(settled);
        this.#failed(call, error);
      },
    );
    this.#inFlight.add(settled);
  }

  /** A call that was not made in `write()`. */
  #failed({ value, timestampMs }: Call<T>, error: unknown): void {
    // The attempt is over: its records come again.
    if (this.#closed) return;
    try {
      this.#refuse(value, timestampMs, error);
    } catch (cause) {
      this.#error ??= { cause };
    }
  }
}
