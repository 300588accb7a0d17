import { isRetriable } from "../error_codes.ts";
import type { Sink, SinkContext, SinkWriter } from "../sink.ts";

/** Does something with a value. Its promise is awaited before the commit that covers the record. */
export type SinkFunction<T> = (value: T, timestampMs: number) => void | Promise<void>;

/** How a {@link FunctionSink} calls its function. */
export interface FunctionSinkOptions {
  /**
   * How many promises of the function may be unsettled at a time, a whole number >= 1; default 1: a call begins when the one
   * before has ended. With more, calls begin in the order of the records and may end in any order.
   */
  readonly maxInFlight?: number;
}

/**
 * Calls a function for each record, in order: at least once, as its effects are not undone when the job goes back to its last
 * commit.
 *
 * If it throws, or its promise rejects later, the record has failed: what happens to it, with the value that the function got,
 * is the job's `onError`. After a late rejection the record's effects in earlier operators stay, as other records have followed.
 * An error with `retriable: true`, such as of a database that cannot be reached, fails the job and no record; no further call
 * begins then.
 *
 * @see Flink: SinkFunction.invoke(), which blocks; here the job's other work goes on meanwhile
 */
export class FunctionSink<T> implements Sink<T> {
  readonly description: string;
  readonly #fn: SinkFunction<T>;
  readonly #maxInFlight: number;

  /**
   * Describes it: the function is not called before the job runs.
   * @throws {TypeError | RangeError} if `fn` is not a function, or `maxInFlight` not a whole number >= 1
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
  /** Calls that have not begun; few, as the job flushes before it takes more records. */
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
    // Called at once if possible: if it throws then, the current record has failed.
    const call = { value, timestampMs };
    if (this.#inFlight.size >= this.#maxInFlight || this.#waiting.length > 0) {
      this.#waiting.push(call);
      return;
    }
    try {
      this.#begin(call);
    } catch (error) {
      // A passing error belongs to no record: flush() throws it.
      if (!isRetriable(error)) throw error;
      this.#error ??= { cause: error };
    }
  }

  /** Removes records whose calls have not begun; the calls of others cannot be undone. */
  takeBack(records: number): void {
    this.#waiting.splice(Math.max(0, this.#waiting.length - records));
  }

  flush(): Promise<void> | undefined {
    return this.#inFlight.size === 0 && this.#waiting.length === 0 && this.#error === undefined
      ? undefined
      : this.#drain();
  }

  /** Waits for calls that have begun, so that they do not overlap with those of the next attempt. */
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
    // Handled at once: nobody may be awaiting it yet when it rejects.
    const settled: Promise<void> = Promise.resolve(result).then(
      () => void this.#inFlight.delete(settled),
      (error) => {
        this.#inFlight.delete(settled);
        this.#failed(call, error);
      },
    );
    this.#inFlight.add(settled);
  }

  /** Handles the failure of a call that was not made in `write()`. */
  #failed({ value, timestampMs }: Call<T>, error: unknown): void {
    // The attempt is over: its records will be read again.
    if (this.#closed) return;
    try {
      this.#refuse(value, timestampMs, error);
    } catch (cause) {
      this.#error ??= { cause };
    }
  }
}
