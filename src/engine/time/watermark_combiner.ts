import { MAX_WATERMARK, MIN_WATERMARK } from "../record.ts";

/** How inputs that come back from idleness and inputs that all fall idle are treated. */
export interface WatermarkCombinerOptions {
  /** When the last active input, the one that held the minimum, goes idle, the largest watermark of all is given. */
  readonly flushWhenAllIdle: boolean;
  /** An input that comes back behind the output holds it back; else it does so only from when it has caught up. */
  readonly holdBackWhenBehind: boolean;
}

/**
 * Several partitions of one source. As in Flink one that comes back behind is waited for. Unlike there, event time goes to the
 * largest watermark when all fall idle: else it would depend on which of them did so first.
 */
export const SPLITS: WatermarkCombinerOptions = { flushWhenAllIdle: true, holdBackWhenBehind: true };
/** Several streams into one input. @see Flink: StatusWatermarkValve */
export const UNION: WatermarkCombinerOptions = { flushWhenAllIdle: true, holdBackWhenBehind: false };
/** Two inputs of different types. @see Flink: IndexedCombinedWatermarkStatus */
export const CONNECTED: WatermarkCombinerOptions = { flushWhenAllIdle: false, holdBackWhenBehind: true };

/**
 * Event time of several inputs: the smallest watermark of those that are active, never going back.
 *
 * An input that has ended holds nothing back, and does not speak for those that are idle: where all others are, event time goes
 * to the largest watermark that any had before, and the output is idle. So it makes no difference which comes first, an end
 * or idleness. (In Flink an ended input stays active, at +∞: whatever an idle one gives later is late.)
 */
export class WatermarkCombiner {
  readonly #options: WatermarkCombinerOptions;
  /** By input; of one that has ended, its last one before the end. */
  readonly #watermarks: Float64Array;
  readonly #idle: boolean[];
  readonly #ended: boolean[];
  /** Whether an input takes part in the minimum: active and, where that is asked, not behind the output. */
  readonly #counts: boolean[];
  #output: number;
  /** Whether the output may be behind all inputs that count, as after one that came back when all were idle. */
  #mayBeBehind = false;

  constructor(inputs: number, options: WatermarkCombinerOptions, outputMs: number = MIN_WATERMARK) {
    this.#options = options;
    this.#watermarks = new Float64Array(inputs).fill(MIN_WATERMARK);
    this.#idle = new Array<boolean>(inputs).fill(false);
    this.#ended = new Array<boolean>(inputs).fill(false);
    this.#counts = new Array<boolean>(inputs).fill(true);
    this.#output = outputMs;
  }

  /** The combined watermark, ms. */
  get watermarkMs(): number {
    return this.#output;
  }

  /** Whether all inputs are idle that have not ended, and there is one. */
  get idle(): boolean {
    return this.#noneActive && this.#ended.includes(false);
  }

  /** Whether an input is not waited for: it is idle, or has ended. */
  isIdle(input: number): boolean {
    return this.#idle[input]! || this.#ended[input]!;
  }

  hasEnded(input: number): boolean {
    return this.#ended[input]!;
  }

  /** Watermark of one input; the last one before its end. */
  inputWatermarkMs(input: number): number {
    return this.#watermarks[input]!;
  }

  /** Takes a watermark of an input; with the largest one the input ends. @returns whether the combined one has advanced */
  update(input: number, watermarkMs: number): boolean {
    if (watermarkMs === MAX_WATERMARK) {
      const advanced = this.finish(input);
      return this.#ended.includes(false) ? advanced : this.#advanceTo(MAX_WATERMARK);
    }
    const before = this.#watermarks[input]!;
    if (watermarkMs <= before || this.isIdle(input)) return false;
    this.#watermarks[input] = watermarkMs;
    if (!this.#counts[input]) {
      if (watermarkMs < this.#output) return false;
      this.#counts[input] = true;
    } else if (before > this.#output && !this.#mayBeBehind) {
      return false; // it did not hold the minimum
    }
    return this.#advanceToMinimum();
  }

  /** Takes whether an input is idle. @returns whether the combined watermark has advanced */
  setIdle(input: number, idle: boolean): boolean {
    if (this.#idle[input] === idle || this.#ended[input]) return false;
    this.#idle[input] = idle;
    if (!idle) {
      this.#counts[input] = this.#options.holdBackWhenBehind || this.#watermarks[input]! >= this.#output;
      this.#mayBeBehind = true;
      return this.#options.flushWhenAllIdle ? false : this.#advanceToMinimum();
    }
    const held = this.#counts[input] && this.#watermarks[input]! <= this.#output;
    this.#counts[input] = false;
    if (!this.#noneActive) return held ? this.#advanceToMinimum() : false;
    return this.#ended.includes(true) || (held && this.#options.flushWhenAllIdle) ? this.#advanceToMaximum() : false;
  }

  /** Sets the combined watermark, whatever the inputs say. @returns whether it has advanced */
  raise(watermarkMs: number): boolean {
    return this.#advanceTo(watermarkMs);
  }

  /** Takes an input out for good: it has ended. @returns whether the combined watermark has advanced */
  finish(input: number): boolean {
    this.#idle[input] = false;
    this.#ended[input] = true;
    this.#counts[input] = false;
    return this.idle ? this.#advanceToMaximum() : this.#advanceToMinimum();
  }

  get #noneActive(): boolean {
    return this.#idle.every((idle, input) => idle || this.#ended[input]);
  }

  #advanceToMaximum(): boolean {
    return this.#advanceTo(Math.max(...this.#watermarks));
  }

  #advanceToMinimum(): boolean {
    this.#mayBeBehind = false;
    let minimum = Number.POSITIVE_INFINITY;
    let any = false;
    for (let i = 0; i < this.#counts.length; i++) {
      if (!this.#counts[i]) continue;
      any = true;
      if (this.#watermarks[i]! < minimum) minimum = this.#watermarks[i]!;
    }
    return any && this.#advanceTo(minimum);
  }

  #advanceTo(watermarkMs: number): boolean {
    if (watermarkMs <= this.#output) return false;
    this.#output = watermarkMs;
    return true;
  }
}
