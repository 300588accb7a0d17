import { BrokerError } from "../broker_errors.ts";
import { PassingError } from "./errors.ts";

/** How long an attempt waits for the one before it, ms. */
const HEAD_START_MS = 250;

/** All attempts have failed; their errors in the order of the attempts. */
export class AllFailed extends Error {
  override name = "AllFailed";
  constructor(readonly failures: readonly unknown[]) {
    super("all have failed");
  }
}

/**
 * Starts attempts one after the other, each as soon as the one before has failed or takes long, and resolves with the result of
 * the first that succeeds. Attempts that are still running then are left alone.
 *
 * @throws {AllFailed} if all fail
 */
export function firstToAnswer<T>(tries: readonly (() => Promise<T>)[], headStartMs = HEAD_START_MS): Promise<T> {
  return new Promise((resolve, reject) => {
    const failures = new Array<unknown>(tries.length);
    let begun = 0;
    let failed = 0;
    let isOver = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const end = () => {
      isOver = true;
      clearTimeout(timer);
    };
    const next = () => {
      clearTimeout(timer);
      if (isOver || begun === tries.length) return;
      const index = begun++;
      timer = setTimeout(next, headStartMs);
      tries[index]!().then((value) => {
        end();
        resolve(value);
      }, (error) => {
        failures[index] = error;
        if (++failed === tries.length) {
          end();
          reject(new AllFailed(failures));
        } else next();
      });
    };
    if (tries.length === 0) reject(new AllFailed([]));
    else next();
  });
}

/** One error for several: a {@link PassingError} if at least one of them is. */
export function oneError(failures: readonly unknown[]): unknown {
  const words = wordsOf(failures);
  if (words.length < 2) return failures[0];
  const passing = failures.filter((failure) => failure instanceof PassingError);
  if (passing.length === 0) return new BrokerError(`Cannot reach Kafka: ${words.join("; ")}`, { cause: failures[0] });
  return new PassingError(words.join("; "), { cause: passing[0] });
}

/** The messages of all failures, each once: `localhost:9092: connection refused`. */
export function wordsOf(failures: readonly unknown[]): string[] {
  const words = failures.map((failure) => {
    const message = failure instanceof Error ? failure.message : String(failure);
    return message.replace(/^Cannot reach Kafka at /, "");
  });
  return [...new Set(words)];
}
