import type { Clock } from "../clock.ts";
import type { Logger } from "../logger.ts";
import { formatCount } from "../words.ts";
import { booksOf } from "./books.ts";
import { formatBooks } from "./books_table.ts";
import { type JobView, lagOf } from "./job_view.ts";
import { eventTimeAwaited, whyNothingComesOut } from "./why_nothing_comes_out.ts";

/** Between two lines at least, ms. */
const INTERVAL_MS = 10_000;

/**
 * Logs now and then how a job is doing. While nothing comes out it also logs why: once, and again at each look at which event
 * time has not moved since the one before.
 */
export class Progress {
  readonly #job: JobView;
  readonly #logger: Logger;
  #nextMs: number;
  #in = 0;
  #out = 0;
  #lastLine = "";
  #eventTimeMs = -Infinity;
  #explained = false;

  constructor(job: JobView, { clock, logger }: { readonly clock: Clock; readonly logger: Logger }) {
    this.#job = job;
    this.#logger = logger;
    this.#nextMs = clock.monotonicMs() + INTERVAL_MS;
  }

  /** ms until the next line. @param now ms of the monotonic clock, here and below */
  nextTickMs(now: number): number {
    return Math.max(0, this.#nextMs - now);
  }

  /** Logs a line if it is time for one and there is something new. */
  tick(now: number): void {
    if (now < this.#nextMs) return;
    this.#nextMs = now + INTERVAL_MS;
    const books = booksOf(this.#job);
    if (books.recordsIn > this.#in || books.recordsOut > this.#out) {
      this.#log(`${formatBooks(books)}, ${formatCount(lagOf(this.#job))} to go`);
    }
    this.#explain(books.recordsOut > this.#out, now);
    this.#in = books.recordsIn;
    this.#out = books.recordsOut;
  }

  #explain(somethingCameOut: boolean, now: number): void {
    const eventTimeMs = eventTimeAwaited(this.#job);
    const moves = eventTimeMs > this.#eventTimeMs;
    this.#eventTimeMs = eventTimeMs;
    if (somethingCameOut) this.#explained = false;
    else if (!this.#explained || !moves) {
      const why = whyNothingComesOut(this.#job, now);
      this.#explained = why !== undefined;
      if (why !== undefined) this.#log(why);
    }
  }

  #log(line: string): void {
    if (line === this.#lastLine) return;
    this.#lastLine = line;
    this.#logger.info(`${this.#job.jobName}: ${line}`);
  }
}
