import { checkOffset, checkWhole } from "./checks.ts";
import { checkSliding, describeSliding, SlidingWindows } from "./sliding_event_time_windows.ts";
import { ProcessingTimeTrigger } from "./time_triggers.ts";
import { windowStart } from "./tumbling_event_time_windows.ts";
import { TimeWindow } from "./window.ts";
import { WindowAssigner, type WindowAssignerContext } from "./window_assigner.ts";

/**
 * Windows by the clock: a record falls into the one that is open when it is worked on, whatever its own time. No record is
 * late, and a replay makes other windows.
 */
export abstract class ProcessingTimeWindows extends WindowAssigner<unknown, TimeWindow> {
  /** @internal */
  override windowOf(id: string): TimeWindow {
    return TimeWindow.fromId(id);
  }

  /** @internal */
  override getDefaultTrigger(): ProcessingTimeTrigger {
    return ProcessingTimeTrigger.create();
  }

  /** @internal */
  override isEventTime(): boolean {
    return false;
  }
}

/**
 * Windows of processing time with one length, side by side. A window that is open when a bounded input ends does not fire, as its
 * end lies in the future; it fires in a later run of the job. (Flink drops it.)
 */
export class TumblingProcessingTimeWindows extends ProcessingTimeWindows {
  /** For explain, and stored with the state. */
  readonly description: string;
  readonly #sizeMs: number;
  readonly #offsetMs: number;

  private constructor(sizeMs: number, offsetMs: number) {
    super();
    this.#sizeMs = sizeMs;
    this.#offsetMs = offsetMs;
    this.description = `TumblingProcessingTimeWindows(${sizeMs} ms${offsetMs === 0 ? "" : `, offset ${offsetMs} ms`})`;
  }

  /**
   * Windows of `sizeMs`, side by side.
   * @param sizeMs length, a whole number > 0; see `Time`
   * @param offsetMs moves the windows' starts, |offsetMs| < sizeMs
   * @throws {RangeError} otherwise
   */
  static of(sizeMs: number, offsetMs = 0): TumblingProcessingTimeWindows {
    checkWhole("a tumbling window", "sizeMs", sizeMs);
    checkOffset("a tumbling window", offsetMs, "sizeMs", sizeMs);
    return new TumblingProcessingTimeWindows(sizeMs, offsetMs);
  }

  /** @internal */
  override assignWindows(_value: unknown, _timestampMs: number, context: WindowAssignerContext): readonly TimeWindow[] {
    const startMs = windowStart(context.currentProcessingTime(), this.#sizeMs, this.#offsetMs);
    return [new TimeWindow(startMs, startMs + this.#sizeMs)];
  }
}

/** Windows of processing time with one length, a new one every `slideMs`. */
export class SlidingProcessingTimeWindows extends ProcessingTimeWindows {
  /** For explain, and stored with the state. */
  readonly description: string;
  /** How often the slide goes into the size. */
  override readonly windowsPerRecord: number;
  readonly #windows: SlidingWindows;

  private constructor(sizeMs: number, slideMs: number, offsetMs: number) {
    super();
    this.#windows = new SlidingWindows(sizeMs, slideMs, offsetMs);
    this.windowsPerRecord = Math.ceil(sizeMs / slideMs);
    this.description = `SlidingProcessingTimeWindows(${describeSliding(sizeMs, slideMs, offsetMs)})`;
  }

  /**
   * Windows of `sizeMs`, one every `slideMs`.
   * @param sizeMs length, a whole number > 0; see `Time`
   * @param slideMs from one start to the next, a whole number > 0
   * @param offsetMs moves the windows' starts, |offsetMs| < slideMs
   * @throws {RangeError} otherwise
   */
  static of(sizeMs: number, slideMs: number, offsetMs = 0): SlidingProcessingTimeWindows {
    checkSliding(sizeMs, slideMs, offsetMs);
    return new SlidingProcessingTimeWindows(sizeMs, slideMs, offsetMs);
  }

  /** @internal */
  override assignWindows(_value: unknown, _timestampMs: number, context: WindowAssignerContext): readonly TimeWindow[] {
    return this.#windows.at(context.currentProcessingTime());
  }
}
