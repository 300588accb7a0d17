/** The clock of a job: an argument, so that a test can move it by hand. */
export interface Clock {
  /** Time of day, ms since the Unix epoch: it may be set, forward and back. */
  now(): number;
  /** ms since some moment, the same for as long as the process lives: for durations, as it is never set. */
  monotonicMs(): number;
  /** Resolves after `ms`, or at once when the signal is aborted; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /**
   * Calls back every `ms` until the returned object is disposed. Calls that are overdue are replaced by one, and waiting for the
   * next does not keep the process alive. A job with a clock that lacks this has no watchdog.
   */
  every?(ms: number, callback: () => void): Disposable;
}

/** The machine's clock. */
export const SYSTEM_CLOCK: Clock = {
  now: Date.now,
  monotonicMs: () => performance.now(),
  sleep(ms, signal) {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal?.addEventListener("abort", done);
    });
  },
  every(ms, callback) {
    const timer = setInterval(callback, ms);
    unref(timer);
    return { [Symbol.dispose]: () => clearInterval(timer) };
  },
};

/** Lets the process end while a timer waits. Deno numbers its timers, Node and Bun have objects that do it themselves. */
function unref(timer: number | { unref(): void }): void {
  if (typeof timer === "number") globalThis.Deno?.unrefTimer(timer);
  else timer.unref();
}
