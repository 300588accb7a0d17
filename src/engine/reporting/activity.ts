import type { Clock } from "../clock.ts";

/** A part of a sentence, or what makes it when it is needed. */
type Words = string | (() => string);

interface Step {
  readonly what: Words;
  readonly waits: boolean;
}

/**
 * What an attempt of a job is doing, for its `Watchdog` to report. Noted around awaits and batches, never per record.
 */
export class Activity {
  /** Another number after each beginning and end. */
  turns = 0;
  readonly #clock: Clock;
  #step: Step | undefined;
  #sinceMs = 0;
  #longest: Step | undefined;
  #longestMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Who is waited for at the moment: "the commit". */
  get waitsFor(): string | undefined {
    return this.#step?.waits ? wordsOf(this.#step) : undefined;
  }

  /**
   * Waits for what `begin` returns.
   * @param whom the end of "waits for …"
   */
  async wait<T>(whom: Words, begin: () => T): Promise<Awaited<T>> {
    const outer = this.#begin({ what: whom, waits: true });
    try {
      return await begin();
    } finally {
      this.#begin(outer);
    }
  }

  /** Does work that lets nothing else happen meanwhile. @param what the end of "the thread stood still while …" */
  work<T>(what: Words, work: () => T): T {
    const outer = this.#begin({ what, waits: false });
    try {
      return work();
    } finally {
      this.#begin(outer);
    }
  }

  /** What went on for longest since the last call, and for how long, ms. */
  takeLongest(): { readonly what: string; readonly ms: number } | undefined {
    this.#measure();
    const longest = this.#longest;
    this.#longest = undefined;
    if (longest === undefined) return undefined;
    const words = wordsOf(longest);
    return { what: longest.waits ? `waiting for ${words}` : words, ms: this.#longestMs };
  }

  /** @returns the step before */
  #begin(step: Step | undefined): Step | undefined {
    this.#measure();
    this.turns++;
    const before = this.#step;
    this.#step = step;
    return before;
  }

  #measure(): void {
    const now = this.#clock.monotonicMs();
    const ms = now - this.#sinceMs;
    this.#sinceMs = now;
    if (this.#step === undefined || (this.#longest !== undefined && ms <= this.#longestMs)) return;
    this.#longest = this.#step;
    this.#longestMs = ms;
  }
}

function wordsOf({ what }: Step): string {
  return typeof what === "string" ? what : what();
}
