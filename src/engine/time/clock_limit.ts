import { formatOrigin, type RecordOrigin } from "../errors.ts";
import { formatTime } from "../record.ts";
import { formatCount } from "../words.ts";

/** How far event time may be ahead of a clock, and who hears of the first record beyond that. */
export interface ClockLimitOptions {
  readonly clock: { now(): number };
  /** ms; Infinity for any time */
  readonly maxAheadMs: number;
  /** Gets a sentence. */
  readonly warn: (message: string) => void;
}

/**
 * The furthest that event time may come: so long before the clock does.
 *
 * A clock of somebody else that is wrong by years would otherwise take all others' time away: one record of 2031, and whatever
 * comes later is late. A record beyond the limit goes its way like any other, and into its window, which fires when time has come
 * there; but it says nothing about how far event time is. It is not merely taken for one at the limit: that would still make
 * records late that are right.
 */
export class ClockLimit {
  /** How many records were beyond it. */
  count = 0;
  readonly #options: ClockLimitOptions;
  /** As the clock had it when a time came that needed a look at it: an earlier one needs none. */
  #limitMs: number;
  #first: string | undefined;

  constructor(options: ClockLimitOptions) {
    this.#options = options;
    this.#limitMs = options.maxAheadMs === Number.POSITIVE_INFINITY ? options.maxAheadMs : Number.NEGATIVE_INFINITY;
  }

  /** Whether a time is further ahead of the clock than event time may be. */
  isBeyond(timeMs: number): boolean {
    if (timeMs <= this.#limitMs) return false;
    const { clock, maxAheadMs } = this.#options;
    this.#limitMs = clock.now() + maxAheadMs;
    return timeMs > this.#limitMs;
  }

  /** A watermark, as far as it may go. */
  cap(watermarkMs: number): number {
    return this.isBeyond(watermarkMs) ? this.#limitMs : watermarkMs;
  }

  /** Counts a record whose time is beyond the limit. */
  note(timestampMs: number, origin: RecordOrigin | undefined): void {
    this.count++;
    if (this.#first !== undefined) return;
    const at = `stamped ${formatTime(timestampMs)}`;
    this.#first = origin === undefined ? at : `${formatOrigin(origin)}, ${at}`;
    this.#options.warn(
      `the time of a record is more than ${this.#distance} ahead of the clock: ${this.#first}; it is kept, but moves event ` +
        "time no further, else all others would be late; --max-ahead says how far times may be ahead",
    );
  }

  /** "3 records are more than 1 h ahead of the clock and move no event time, the first is …"; undefined if there was none. */
  describe(): string | undefined {
    if (this.#first === undefined) return undefined;
    const [are, move] = this.count === 1 ? ["record is", "moves"] : ["records are", "move"];
    const which = this.count === 1 ? "it is" : "the first is";
    return `${formatCount(this.count)} ${are} more than ${this.#distance} ahead of the clock and ${move} no event ` +
      `time, ${which} ${this.#first} (--max-ahead)`;
  }

  /** "1 h" */
  get #distance(): string {
    const { maxAheadMs } = this.#options;
    for (const [unit, ms] of [["h", 3_600_000], ["min", 60_000], ["s", 1_000]] as const) {
      if (maxAheadMs >= ms && maxAheadMs % ms === 0) return `${maxAheadMs / ms} ${unit}`;
    }
    return `${maxAheadMs} ms`;
  }
}

/** Any time is right. */
export const NO_LIMIT: ClockLimit = new ClockLimit({
  clock: { now: () => 0 },
  maxAheadMs: Number.POSITIVE_INFINITY,
  warn() {},
});
