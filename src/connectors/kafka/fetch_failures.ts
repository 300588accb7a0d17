import { impatient, type PassingError } from "./errors.ts";

/** How long there may be no good answer before the brokers count as unavailable, ms. */
const UNAVAILABLE_AFTER_MS = 20_000;
/** How long retries go on before they are logged, ms. */
const LOG_AFTER_MS = 2_000;
/** A failure from before a longer rest says nothing about now, ms. */
const REST_MS = 5_000;

/** Failures of fetches since the last good answer. Time in which nothing is fetched does not count. */
export class FetchFailures {
  readonly #log: (level: "info" | "warn", message: string) => void;
  /** Undefined without any. */
  #since: { readonly ms: number; logged: boolean } | undefined;
  #restsSinceMs = performance.now();

  constructor(log: (level: "info" | "warn", message: string) => void) {
    this.#log = log;
  }

  /** Something is fetched from now on. */
  goOn(): void {
    if (performance.now() - this.#restsSinceMs > REST_MS) this.#since = undefined;
  }

  /** Nothing is fetched from now on. */
  rest(): void {
    this.#restsSinceMs = performance.now();
  }

  /** @throws {BrokerUnavailableError} when there has been no good answer for too long */
  add(error: PassingError): void {
    const nowMs = performance.now();
    const since = this.#since ??= { ms: nowMs, logged: false };
    if (nowMs - since.ms > UNAVAILABLE_AFTER_MS) throw impatient("fetch from Kafka", error);
    if (nowMs - since.ms <= LOG_AFTER_MS || since.logged) return;
    since.logged = true;
    this.#log("warn", `trying again to fetch: ${error.message}`);
  }

  /** There was a good answer. */
  end(): void {
    if (this.#since?.logged) {
      this.#log("info", `can fetch again, after ${Math.round((performance.now() - this.#since.ms) / 1000)} s`);
    }
    this.#since = undefined;
  }
}
