import { TimeWindow, type WindowAssigner } from "./window.ts";

/** Windows of one length, side by side: every event falls into exactly one. */
export class TumblingEventTimeWindows implements WindowAssigner {
  readonly description: string;
  readonly #sizeMs: number;
  readonly #offsetMs: number;
  // Most records fall into the window of the record before.
  #last: readonly [TimeWindow] | undefined;

  private constructor(sizeMs: number, offsetMs: number) {
    this.#sizeMs = sizeMs;
    this.#offsetMs = offsetMs;
    this.description = `TumblingEventTimeWindows(${sizeMs} ms${offsetMs === 0 ? "" : `, offset ${offsetMs} ms`})`;
  }

  /**
   * @param sizeMs length, a whole number > 0; see `Time`
   * @param offsetMs moves the windows' starts, |offsetMs| < sizeMs
   * @throws {RangeError} otherwise
   */
  static of(sizeMs: number, offsetMs = 0): TumblingEventTimeWindows {
    if (!Number.isInteger(sizeMs) || sizeMs <= 0) {
      throw new RangeError(
        `Cannot create a tumbling window as sizeMs must be a whole number > 0: current value is ${sizeMs}`,
      );
    }
    if (!Number.isInteger(offsetMs) || Math.abs(offsetMs) >= sizeMs) {
      throw new RangeError(
        `Cannot create a tumbling window as offsetMs must be a whole number between -sizeMs and sizeMs: current values are ${offsetMs} and ${sizeMs}`,
      );
    }
    return new TumblingEventTimeWindows(sizeMs, offsetMs);
  }

  assignWindows(timestampMs: number): readonly TimeWindow[] {
    const last = this.#last;
    if (last !== undefined && timestampMs >= last[0].startMs && timestampMs < last[0].endMs) return last;
    const startMs = windowStart(timestampMs, this.#sizeMs, this.#offsetMs);
    return this.#last = [new TimeWindow(startMs, startMs + this.#sizeMs)];
  }
}

/**
 * The first millisecond of the tumbling window that holds `timestampMs`.
 *
 * Windows tile the line of time, `[n·sizeMs + offsetMs, (n+1)·sizeMs + offsetMs)` for every whole n, so a moment before
 * 1970 has a window too.
 *
 * @param timestampMs event time, ms since the Unix epoch, any sign
 * @param sizeMs length of a window, ms, > 0
 * @see Flink: TimeWindow.getWindowStartWithOffset()
 *
 * @example The minute of an event
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { windowStart } from "./tumbling_event_time_windows.ts";
 *
 * assertEquals(windowStart(61_500, 60_000), 60_000);
 * assertEquals(windowStart(-1, 60_000), -60_000);
 * ```
 */
export function windowStart(timestampMs: number, sizeMs: number, offsetMs = 0): number {
  return Math.floor((timestampMs - offsetMs) / sizeMs) * sizeMs + offsetMs;
}
