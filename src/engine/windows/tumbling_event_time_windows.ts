import { checkOffset, checkWhole } from "./checks.ts";
import { EventTimeTrigger } from "./time_triggers.ts";
import { TimeWindow } from "./window.ts";
import { WindowAssigner } from "./window_assigner.ts";

/** Windows of one length, side by side: every record falls into exactly one. */
export class TumblingEventTimeWindows extends WindowAssigner<unknown, TimeWindow> {
  /** For explain, and stored with the state. */
  readonly description: string;
  readonly #sizeMs: number;
  readonly #offsetMs: number;
  // Most records fall into the window of the record before.
  #last: readonly [TimeWindow] | undefined;

  private constructor(sizeMs: number, offsetMs: number) {
    super();
    this.#sizeMs = sizeMs;
    this.#offsetMs = offsetMs;
    this.description = `TumblingEventTimeWindows(${sizeMs} ms${offsetMs === 0 ? "" : `, offset ${offsetMs} ms`})`;
  }

  /**
   * Windows of `sizeMs`, side by side.
   * @param sizeMs length, a whole number > 0; see `Time`
   * @param offsetMs moves the windows' starts, |offsetMs| < sizeMs
   * @throws {RangeError} otherwise
   */
  static of(sizeMs: number, offsetMs = 0): TumblingEventTimeWindows {
    checkWhole("a tumbling window", "sizeMs", sizeMs);
    checkOffset("a tumbling window", offsetMs, "sizeMs", sizeMs);
    return new TumblingEventTimeWindows(sizeMs, offsetMs);
  }

  /** @internal */
  override assignWindows(_value: unknown, timestampMs: number): readonly TimeWindow[] {
    const last = this.#last;
    if (last !== undefined && timestampMs >= last[0].startMs && timestampMs < last[0].endMs) return last;
    const startMs = windowStart(timestampMs, this.#sizeMs, this.#offsetMs);
    return this.#last = [new TimeWindow(startMs, startMs + this.#sizeMs)];
  }

  /** @internal */
  override windowOf(id: string): TimeWindow {
    return TimeWindow.fromId(id);
  }

  /** @internal */
  override getDefaultTrigger(): EventTimeTrigger {
    return EventTimeTrigger.create();
  }

  /** @internal */
  override isEventTime(): boolean {
    return true;
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
