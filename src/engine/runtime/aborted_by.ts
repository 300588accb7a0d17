/**
 * Waits for work, and no longer than until the signal: a broker that is away may answer late or never, and what this instance must
 * not do any more it does not wait for either.
 * @throws the signal's reason
 */
export function abortedBy<T>(signal: AbortSignal | undefined, work: Promise<T>): Promise<T> {
  if (signal === undefined) return work;
  return new Promise<T>((resolve, reject) => {
    const giveUp = () => reject(signal.reason);
    if (signal.aborted) giveUp();
    signal.addEventListener("abort", giveUp);
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", giveUp));
  });
}
