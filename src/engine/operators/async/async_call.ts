import type { Undoable } from "../../state/journal.ts";
import type { AsyncContext, AsyncWaitOptions, RichAsyncFunction } from "../../functions/async_function.ts";
import type { Queued, Segment } from "./async_queue.ts";

/** Learns what becomes of {@link AsyncCall}s, at any time. */
export interface AsyncCallOwner<IN, OUT> {
  onDone(call: AsyncCall<IN, OUT>): void;
  /** The function is to be called again in `delayMs`. */
  onRetry(call: AsyncCall<IN, OUT>, delayMs: number): void;
}

type Outcome<OUT> = { readonly results: readonly OUT[] } | { readonly error: unknown };

/** One record at work: the function is called with it, again if need be, until it is done, has failed or is abandoned. */
export class AsyncCall<IN, OUT> implements AsyncContext, Queued, Undoable {
  readonly sequence: number;
  readonly value: IN;
  readonly timestampMs: number;
  /** When its time is over, ms since the Unix epoch. */
  deadlineMs = Number.POSITIVE_INFINITY;
  segment?: Segment;
  /** Whether the record died before its call was made. */
  takenBack = false;
  #attempts = 0;
  #outcome: Outcome<OUT> | undefined;
  #abandoned = false;
  #controller: AbortController | undefined;

  constructor(sequence: number, value: IN, timestampMs: number) {
    this.sequence = sequence;
    this.value = value;
    this.timestampMs = timestampMs;
  }

  get done(): boolean {
    return this.#outcome !== undefined;
  }

  /** Of a call that is done. @throws what the function threw */
  results(): readonly OUT[] {
    const outcome = this.#outcome!;
    if ("error" in outcome) throw outcome.error;
    return outcome.results;
  }

  // Made only for functions that ask for it.
  signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#abandoned) this.#controller.abort();
    return this.#controller.signal;
  }

  /** Calls the function. Nothing happens if the record is no longer at work. */
  invoke(
    asyncFunction: RichAsyncFunction<IN, OUT>,
    retry: AsyncWaitOptions<IN, OUT>["retry"],
    owner: AsyncCallOwner<IN, OUT>,
  ): void {
    if (this.#over) return;
    this.#attempts++;
    const again = (wanted: boolean | undefined): boolean => {
      if (!wanted || !retry!.canRetry(this.#attempts)) return false;
      owner.onRetry(this, retry!.getBackoffTimeMillis(this.#attempts));
      return true;
    };
    // Both ways are taken, also when nobody waits any more: no rejection is left unhandled.
    promiseOf(() => asyncFunction.asyncInvoke(this.value, this)).then(
      (results) =>
        this.#settle(owner, () => {
          checkResults("The asynchronous function", results);
          if (!again(retry?.ifResult(results))) this.#complete(owner, { results });
        }),
      (error) =>
        this.#settle(owner, () => {
          if (!again(retry?.ifException(error))) throw error;
        }),
    );
  }

  /** Its time is over. */
  timeOut({ timeoutMs, onTimeout }: AsyncWaitOptions<IN, OUT>, owner: AsyncCallOwner<IN, OUT>): void {
    const calls = this.#attempts === 1 ? "1 call" : `${this.#attempts} calls`;
    const error = new DOMException(
      `No results within ${timeoutMs} ms, after ${calls}: raise timeoutMs, or have onTimeout() return others in their place`,
      "TimeoutError",
    );
    this.#controller?.abort(error);
    this.#settle(owner, () => {
      if (onTimeout === undefined) throw error;
      const results = onTimeout(this.value);
      checkResults("onTimeout()", results);
      this.#complete(owner, { results });
    });
  }

  undo(): void {
    this.takenBack = true;
  }

  /** Comes to nothing, without a call. */
  skip(owner: AsyncCallOwner<IN, OUT>): void {
    this.#complete(owner, { results: [] });
  }

  /** Nobody waits for results any more. */
  abandon(): void {
    this.#abandoned = true;
    this.#controller?.abort();
  }

  get #over(): boolean {
    return this.#abandoned || this.done;
  }

  /** Whatever the user's functions throw fails the call. */
  #settle(owner: AsyncCallOwner<IN, OUT>, work: () => void): void {
    if (this.#over) return;
    try {
      work();
    } catch (error) {
      this.abandon();
      this.#complete(owner, { error });
    }
  }

  #complete(owner: AsyncCallOwner<IN, OUT>, outcome: Outcome<OUT>): void {
    this.#outcome = outcome;
    owner.onDone(this);
  }
}

/** What a function throws at once counts like a rejection. */
function promiseOf<T>(work: () => Promise<T>): Promise<T> {
  try {
    return Promise.resolve(work());
  } catch (error) {
    return Promise.reject(error);
  }
}

function checkResults(who: string, results: unknown): void {
  if (Array.isArray(results)) return;
  throw new TypeError(
    `${who} returned ${
      results === null ? "null" : typeof results
    }: it must return an array of results, empty if there are none`,
  );
}
