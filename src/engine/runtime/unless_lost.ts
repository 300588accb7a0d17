import type { JobSession } from "../job_store.ts";

/** A broker that is away may answer late or never: what this instance must not do any more, it does not wait for either. */
export function unlessLost<T>(session: JobSession | undefined, work: Promise<T> | undefined): Promise<T> | undefined {
  if (work === undefined || session === undefined) return work;
  const { lost } = session;
  return new Promise<T>((resolve, reject) => {
    const giveUp = () => reject(lost.reason);
    if (lost.aborted) giveUp();
    lost.addEventListener("abort", giveUp);
    work.then(resolve, reject).finally(() => lost.removeEventListener("abort", giveUp));
  });
}
