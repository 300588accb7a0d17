/** Waits that can end early. */

/** Resolves when all promises have settled, after `ms` at the latest. */
export async function settledWithin(ms: number, promises: readonly Promise<unknown>[]): Promise<void> {
  const timer = new AbortController();
  await Promise.race([Promise.allSettled(promises), pause(ms, timer.signal)]);
  timer.abort();
}

/** Resolves after `ms`, or at once when the signal is aborted. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}
