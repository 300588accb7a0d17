import type { Clock } from "../clock.ts";
import type { Logger } from "../logger.ts";
import { booksOf, formatBooks } from "../runtime/books.ts";
import type { SourceTask } from "../runtime/source_task.ts";
import type { Task } from "../runtime/task.ts";
import { eventTimeAwaited, whyNothingComesOut } from "./why_nothing_comes_out.ts";

const TICK_MS = 10_000;

/**
 * Tells a person now and then how a job is doing and, while records go in and nothing comes out, why: once after the last
 * result, and each time that event time has not moved since.
 */
export class Progress {
  readonly #jobName: string;
  readonly #sources: readonly SourceTask[];
  readonly #tasks: readonly Task[];
  readonly #logger: Logger;
  #nextMs: number;
  #in = 0;
  #out = 0;
  #said = "";
  #eventTimeMs = -Infinity;
  #explained = false;

  constructor(jobName: string, sources: readonly SourceTask[], tasks: readonly Task[], clock: Clock, logger: Logger) {
    this.#jobName = jobName;
    this.#sources = sources;
    this.#tasks = tasks;
    this.#logger = logger;
    this.#nextMs = clock.monotonicMs() + TICK_MS;
  }

  /** @param now ms of the monotonic clock, here and below */
  nextTickMs(now: number): number {
    return Math.max(0, this.#nextMs - now);
  }

  tick(now: number): void {
    if (now < this.#nextMs) return;
    this.#nextMs = now + TICK_MS;
    const books = booksOf(this.#sources, this.#tasks);
    const lag = this.#sources.reduce((sum, source) => sum + source.lag, 0);
    if (books.recordsIn > this.#in || books.recordsOut > this.#out) {
      this.#say(`${formatBooks(books)}, ${lag.toLocaleString("en-US")} to go`);
    }
    this.#explain(books.recordsOut > this.#out, now);
    this.#in = books.recordsIn;
    this.#out = books.recordsOut;
  }

  #explain(somethingCameOut: boolean, now: number): void {
    const eventTimeMs = eventTimeAwaited(this.#tasks);
    const moves = eventTimeMs > this.#eventTimeMs;
    this.#eventTimeMs = eventTimeMs;
    if (somethingCameOut) this.#explained = false;
    else if (!this.#explained || !moves) {
      const why = whyNothingComesOut(this.#sources, this.#tasks, now);
      this.#explained = why !== undefined;
      if (why !== undefined) this.#say(why);
    }
  }

  #say(message: string): void {
    if (message === this.#said) return;
    this.#said = message;
    this.#logger.info(`${this.#jobName}: ${message}`);
  }
}
