/** Retries of what may pass. */
import { SYSTEM_CLOCK } from "../../engine/mod.ts";
import { Code } from "./error_codes.ts";
import { impatient, PassingError } from "./errors.ts";

/** What is retried, and for how long. */
export interface Patience {
  /** What is done, as it goes on after "Cannot". */
  readonly doing: string;
  /** Default 30 s. */
  readonly withinMs?: number;
  /** Stops the retries, with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Logs, once, that it takes long, and then that it has succeeded. */
  readonly log?: (level: "info" | "warn", message: string) => void;
}

/** First pause between attempts; it doubles up to the longest. */
const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 250;
/** How long retries go on before they are logged, ms. */
const LONG_MS = 2_000;

/**
 * Repeats `attempt` while it fails with a {@link PassingError}.
 *
 * @throws {BrokerUnavailableError} if that takes too long
 */
export async function patiently<T>(patience: Patience, attempt: () => Promise<T>): Promise<T> {
  const { doing, withinMs = 30_000, signal, log } = patience;
  const startMs = performance.now();
  let logged = false;
  for (let pauseMs = FIRST_PAUSE_MS;; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    signal?.throwIfAborted();
    try {
      const result = await attempt();
      if (logged) log?.("info", `can ${doing} again, after ${Math.round((performance.now() - startMs) / 1000)} s`);
      return result;
    } catch (error) {
      if (!(error instanceof PassingError)) throw error;
      signal?.throwIfAborted();
      const triedMs = performance.now() - startMs;
      if (triedMs + pauseMs > withinMs) {
        throw impatient(doing, error);
      }
      if (triedMs > LONG_MS && !logged) {
        logged = true;
        log?.("warn", `trying again to ${doing}: ${error.message}`);
      }
      // The broker finishes a commit within a few ms: growing pauses would only delay the next one.
      await SYSTEM_CLOCK.sleep(error.code === Code.CONCURRENT_TRANSACTIONS ? 3 : pauseMs, signal);
    }
  }
}

/** Resolves when `promise` has settled, after `ms` at the latest. */
export async function settledWithin(ms: number, promise: Promise<unknown>): Promise<void> {
  const { promise: elapsed, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, Math.max(ms, 0));
  await Promise.race([promise.catch(() => {}), elapsed]);
  clearTimeout(timer);
}
