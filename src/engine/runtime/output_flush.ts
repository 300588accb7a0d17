import { nameOf } from "../job_store.ts";
import { abortedBy } from "./aborted_by.ts";
import type { Attempt } from "./attempt.ts";

/** As many records that wait for their commit are worth a flush. */
const WORTH_RECORDS = 2_000;

/**
 * Sends output before its commit. The job goes on meanwhile: it would else wait for a broker after each of its slices.
 */
export class OutputFlush {
  readonly #attempt: Attempt;
  /** The one under way. */
  #flushing: Promise<void> | undefined;

  constructor(attempt: Attempt) {
    this.#attempt = attempt;
  }

  /** Begins one, if there is enough to send or readers are to see it at once. Resolves when none before it is under way. */
  async begin(): Promise<void> {
    const { session, step, options: { delivery } } = this.#attempt;
    const pending = session?.pendingRecords ?? 0;
    if (session === undefined || pending === 0) return;
    if (delivery === "exactly-once" && pending < WORTH_RECORDS) return;
    await this.done();
    step("flush: before the store");
    this.#flushing = step("flush: done", () => abortedBy(session.lost, session.flush()));
    // Whoever waits for it next gets the error.
    this.#flushing.catch(() => {});
  }

  /** Resolves when no flush is under way. @throws what the last one failed with */
  async done(): Promise<void> {
    const flushing = this.#flushing;
    if (flushing === undefined) return;
    const { activity, options: { store } } = this.#attempt;
    await activity.wait(`${nameOf(store)} to take output`, () => flushing);
    this.#flushing = undefined;
  }
}
