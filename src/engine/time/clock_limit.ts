import { formatOrigin, type RecordOrigin } from "../errors.ts";
import { formatTime } from "../record.ts";
import { formatCount } from "../words.ts";

/** How far event time may be ahead of a clock, and who is warned of the first record beyond that. */
export interface ClockLimitOptions {
  readonly clock: { now(): number };
  /** ms; Infinity for any time */
  readonly maxAheadMs: number;
  /** Gets a sentence. */
  readonly warn: (message: string) => void;
}

/**
 * How far event time may get ahead of the clock.
 *
 * Without it one wrong clock would spoil the job: after one record of 2031 all records of today are late. A record beyond the
 * limit is processed like any other, and waits in its window until event time gets there; but it does not advance event time. Nor
 * does it advance event time up to the limit: that would still make good records late.
 */
export class ClockLimit {
  /** How many records were beyond it. */
  count = 0;
  readonly #options: ClockLimitOptions;
  /** The limit when the clock was last read. It only grows, so that a time below it needs no new look at the clock. */
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

  /** "3 records are more than 1 h ahead of the clock and move no event time, the first is …"; undefined if no record was. */
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

/** Accepts every time. */
export const NO_LIMIT: ClockLimit = new ClockLimit({
  clock: { now: () => 0 },
  maxAheadMs: Number.POSITIVE_INFINITY,
  warn() {},
});
