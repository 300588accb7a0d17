import { assert } from "@std/assert";

/** Longer than anything takes that works. */
export const PATIENCE_MS = 30_000;

/** How long a case looks for what must not be there. */
export const GLANCE_MS = 300;

/** Repeats `attempt` while it fails with `expected`, for a bounded time. */
export async function eventually<T>(
  attempt: () => Promise<T>,
  expected: new (...rest: never[]) => Error,
): Promise<T> {
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof expected) || performance.now() > until) throw error;
      await pause();
    }
  }
}

/** Waits until `condition` holds; fails when that takes too long. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  const latest = performance.now() + PATIENCE_MS;
  while (!await condition()) {
    assert(performance.now() < latest, "what was waited for did not come");
    await pause();
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20));
}

/** The promise's result, or "still waiting" if it has none after `waitMs`. */
export async function promptly<T>(promise: Promise<T>, waitMs: number): Promise<T | "still waiting"> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const waiting = new Promise<"still waiting">((resolve) => {
    timer = setTimeout(resolve, waitMs, "still waiting" as const);
  });
  try {
    return await Promise.race([promise, waiting]);
  } finally {
    clearTimeout(timer);
  }
}
