/** Over this time a rate is measured, ms. */
const SPAN_MS = 10_000;

/** A count at a moment. */
interface Sample {
  readonly ms: number;
  readonly value: number;
}

/**
 * How fast counts grow, over the last ten seconds or so. A count's samples are kept for that time, so their number depends on how
 * often it is asked for, and on nothing else.
 */
export class Rates {
  readonly #samples = new Map<string, Sample[]>();
  #nowMs = 0;

  /** All counts that follow are of this moment, ms of a clock that never goes back. */
  begin(nowMs: number): void {
    this.#nowMs = nowMs;
  }

  /** Growth a second of the count of this name, with one decimal; 0 when it is seen for the first time. */
  of(name: string, value: number): number {
    const first = this.#note(name, value);
    const ms = this.#nowMs - first.ms;
    return ms > 0 ? Math.round((value - first.value) / ms * 10_000) / 10 : 0;
  }

  /** How much a count has grown over the last ten seconds or so; all of it when it is seen for the first time. */
  growth(name: string, value: number): number {
    const first = this.#note(name, value);
    return first.ms === this.#nowMs ? value : value - first.value;
  }

  /** @returns the oldest sample that still counts */
  #note(name: string, value: number): Sample {
    const samples = this.#samples.get(name) ?? [];
    if (samples.length === 0) this.#samples.set(name, samples);
    if (samples.at(-1)?.ms !== this.#nowMs) samples.push({ ms: this.#nowMs, value });
    while (samples.length > 2 && this.#nowMs - samples[1]!.ms >= SPAN_MS) samples.shift();
    return samples[0]!;
  }
}
