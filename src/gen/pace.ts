import type { Clock } from "../engine/mod.ts";
import { Chance } from "./chance.ts";

/** Time between two small sends at least, ms: a broker handles one send of twenty records better than twenty of one. */
const TICK_MS = 20;
/** The event loop gets a turn after so long, ms: a broker that answers at once would keep Ctrl-C out. */
const TURN_MS = 100;
/** At most so many items are due at a time. */
const LIMIT = 500;
/** A delay that is longer is not made up for, ms. */
const MAX_DELAY_MS = 1_000;

/** How fast items come. */
export interface PaceOptions {
  /** Items a second, Infinity for as many as possible; left out, one to three each second, as in the course. */
  readonly rate?: number | undefined;
  /** Decides, without a `rate`, how many come in which second. */
  readonly seed: number;
  readonly clock: Clock;
}

/**
 * Says how many items are due, and waits for the next ones. After a long delay, by a slow broker or a machine that slept, they
 * go on from there: what was missed does not come at once.
 */
export class Pace {
  readonly #clock: Clock;
  readonly #intervals: Generator<number, never>;
  #nextMs: number;
  #turnMs: number;
  #nowMs: number;
  #isBehind = false;

  constructor({ rate, seed, clock }: PaceOptions) {
    this.#clock = clock;
    this.#intervals = intervalsMs(rate, seed);
    this.#nextMs = this.#nowMs = clock.monotonicMs();
    this.#turnMs = this.#nowMs + TURN_MS;
  }

  /** How many items are due now, `limit` at most. */
  due(limit: number): number {
    this.#nowMs = this.#clock.monotonicMs();
    this.#nextMs = Math.max(this.#nextMs, this.#nowMs - MAX_DELAY_MS);
    let due = 0;
    for (; this.#nextMs <= this.#nowMs && due < limit && due < LIMIT; due++) {
      this.#nextMs += this.#intervals.next().value;
    }
    this.#isBehind = due === LIMIT;
    return due;
  }

  /** Whether further items are due already, and others have had their turn: there is nothing to wait for. */
  get isHurried(): boolean {
    return this.#isBehind && this.#nowMs < this.#turnMs;
  }

  /** Waits for the next item, and lets others have their turn. */
  async wait(signal: AbortSignal): Promise<void> {
    const waitMs = this.#isBehind ? 0 : Math.max(this.#nextMs - this.#clock.monotonicMs(), TICK_MS);
    await this.#clock.sleep(waitMs, signal);
    this.#turnMs = this.#clock.monotonicMs() + TURN_MS;
  }
}

/** From one item to the next. */
function* intervalsMs(rate: number | undefined, seed: number): Generator<number, never> {
  while (rate !== undefined) yield 1000 / rate;
  const chance = new Chance(seed);
  while (true) {
    const count = chance.between(1, 3);
    // Whole ms, so that they fill the second exactly.
    for (let i = 0; i < count; i++) yield Math.floor((i + 1) * 1000 / count) - Math.floor(i * 1000 / count);
  }
}
