import type { Clock } from "../clock.ts";
import type { Journal } from "../state/journal.ts";

/** A slice ends after so long, ms: signs of life, signals and whoever asks for a job's health must not wait for longer. */
export const SLICE_MS = 200;
/** A look at the clock costs as much as a simple operator. */
const FIRINGS_PER_LOOK = 32;

/**
 * The work of a job in slices, between which the event loop has its turn.
 *
 * Records end a slice by themselves: the intake stops before the next one. But what follows from event time is one call through
 * all tasks, in which a million windows may fire. It pauses in the middle: the task that fires puts off the rest of its work,
 * and all that would come behind it is put off, too. So everything happens in the same order as without a pause, and no record
 * comes and nothing is committed before it is done.
 */
export class Slices {
  readonly #clock: Clock;
  readonly #journal: Journal;
  /** Without a loop that begins slices, nothing pauses. */
  #endMs = Number.POSITIVE_INFINITY;
  #firings = 0;
  #putOff: (() => void)[] = [];

  constructor(clock: Clock, journal: Journal) {
    this.#clock = clock;
    this.#journal = journal;
  }

  /** A slice begins. */
  begin(): void {
    this.#endMs = this.#clock.monotonicMs() + SLICE_MS;
  }

  /** Whether the slice is over. */
  isOver(): boolean {
    return this.#clock.monotonicMs() >= this.#endMs;
  }

  /** Asked behind each timer that has fired: whether the others have to wait. What a record does is done at once: it may be undone. */
  mustPause(): boolean {
    return ++this.#firings % FIRINGS_PER_LOOK === 0 && !this.#journal.isActive && this.isOver();
  }

  /** Whether there is work that was put off: what would come behind it must be put off as well. */
  get isPaused(): boolean {
    return this.#putOff.length > 0;
  }

  /** Does `work` when the job goes on, behind all that was put off before. */
  putOff(work: () => void): void {
    this.#putOff.push(work);
  }

  /** Goes on with what was put off, until that is done or the slice is over. */
  goOn(): void {
    const works = this.#putOff;
    this.#putOff = [];
    for (const [i, work] of works.entries()) {
      work();
      if (!this.isPaused) continue;
      // What was put off meanwhile is the rest of this work.
      this.#putOff.push(...works.slice(i + 1));
      return;
    }
  }
}
