import type { Clock } from "../clock.ts";

/** A part of a sentence, or what makes it when it is needed. */
type Words = string | (() => string);

interface Step {
  readonly what: Words;
  readonly kind: "work" | "wait" | "rest";
}

/** How long an attempt has waited and rested so far, ms; the rest of its time it was at work. */
export interface ActivityTimes {
  readonly waitedMs: number;
  readonly restedMs: number;
}

/**
 * What an attempt of a job is doing, for its `Watchdog` to report. Noted around awaits and batches, never per record.
 */
export class Activity {
  /** Changes whenever something begins or ends: a loop that goes on has a new number. */
  turns = 0;
  readonly #clock: Clock;
  #step: Step | undefined;
  #sinceMs = 0;
  #longest: Step | undefined;
  #longestMs = 0;
  #waitedMs = 0;
  #restedMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Who is waited for at the moment: "the commit". */
  get waitsFor(): string | undefined {
    return this.#step?.kind === "wait" ? wordsOf(this.#step) : undefined;
  }

  /**
   * Waits for what `begin` returns.
   * @param whom the end of "waits for …"
   */
  async wait<T>(whom: Words, begin: () => T): Promise<Awaited<T>> {
    const outer = this.#begin({ what: whom, kind: "wait" });
    try {
      return await begin();
    } finally {
      this.#begin(outer);
    }
  }

  /** Does work that lets nothing else happen meanwhile. @param what the end of "the thread stood still while …" */
  work<T>(what: Words, work: () => T): T {
    const outer = this.#begin({ what, kind: "work" });
    try {
      return work();
    } finally {
      this.#begin(outer);
    }
  }

  /** Lets time pass, as there is nothing to do. */
  async rest(begin: () => Promise<void>): Promise<void> {
    const outer = this.#begin({ what: "there was nothing to do", kind: "rest" });
    try {
      await begin();
    } finally {
      this.#begin(outer);
    }
  }

  /** How the time until now was spent. */
  times(): ActivityTimes {
    this.#measure();
    return { waitedMs: this.#waitedMs, restedMs: this.#restedMs };
  }

  /** What went on for longest since the last call, and for how long, ms. */
  takeLongest(): { readonly what: string; readonly ms: number } | undefined {
    this.#measure();
    const longest = this.#longest;
    this.#longest = undefined;
    if (longest === undefined) return undefined;
    const words = wordsOf(longest);
    return { what: longest.kind === "wait" ? `waiting for ${words}` : words, ms: this.#longestMs };
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
    const step = this.#step;
    if (step === undefined) return;
    if (step.kind === "wait") this.#waitedMs += ms;
    if (step.kind === "rest") {
      this.#restedMs += ms;
      return;
    }
    if (this.#longest !== undefined && ms <= this.#longestMs) return;
    this.#longest = step;
    this.#longestMs = ms;
  }
}

function wordsOf({ what }: Step): string {
  return typeof what === "string" ? what : what();
}
