import { checkOffset, checkWhole } from "./checks.ts";
import { EventTimeTrigger } from "./time_triggers.ts";
import { windowStart } from "./tumbling_event_time_windows.ts";
import { TimeWindow } from "./window.ts";
import { WindowAssigner } from "./window_assigner.ts";

/**
 * Windows of one length, a new one every `slideMs`: a record falls into `sizeMs / slideMs` of them, and each keeps its own
 * contents. With a slide longer than the size there are gaps; records that fall into one count as late.
 */
export class SlidingEventTimeWindows extends WindowAssigner<unknown, TimeWindow> {
  /** For explain, and stored with the state. */
  readonly description: string;
  /** How often the slide goes into the size. */
  override readonly windowsPerRecord: number;
  readonly #windows: SlidingWindows;

  private constructor(sizeMs: number, slideMs: number, offsetMs: number) {
    super();
    this.#windows = new SlidingWindows(sizeMs, slideMs, offsetMs);
    this.windowsPerRecord = Math.ceil(sizeMs / slideMs);
    this.description = `SlidingEventTimeWindows(${describeSliding(sizeMs, slideMs, offsetMs)})`;
  }

  /**
   * Windows of `sizeMs`, one every `slideMs`.
   * @param sizeMs length, a whole number > 0; see `Time`
   * @param slideMs from one start to the next, a whole number > 0
   * @param offsetMs moves the windows' starts, |offsetMs| < slideMs
   * @throws {RangeError} otherwise
   */
  static of(sizeMs: number, slideMs: number, offsetMs = 0): SlidingEventTimeWindows {
    checkSliding(sizeMs, slideMs, offsetMs);
    return new SlidingEventTimeWindows(sizeMs, slideMs, offsetMs);
  }

  /** @internal */
  override assignWindows(_value: unknown, timestampMs: number): readonly TimeWindow[] {
    return this.#windows.at(timestampMs);
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

/** The windows of one length that start every `slideMs`. */
export class SlidingWindows {
  readonly #sizeMs: number;
  readonly #slideMs: number;
  readonly #offsetMs: number;
  // Records in [from, until) fall into the same windows as the record before.
  #last: readonly TimeWindow[] = [];
  #fromMs = Number.POSITIVE_INFINITY;
  #untilMs = Number.NEGATIVE_INFINITY;

  constructor(sizeMs: number, slideMs: number, offsetMs: number) {
    this.#sizeMs = sizeMs;
    this.#slideMs = slideMs;
    this.#offsetMs = offsetMs;
  }

  /** The windows that contain a moment, the latest first, as in Flink. */
  at(timeMs: number): readonly TimeWindow[] {
    if (timeMs >= this.#fromMs && timeMs < this.#untilMs) return this.#last;
    const lastStartMs = windowStart(timeMs, this.#slideMs, this.#offsetMs);
    const windows: TimeWindow[] = [];
    let startMs = lastStartMs;
    for (; startMs + this.#sizeMs > timeMs; startMs -= this.#slideMs) {
      windows.push(new TimeWindow(startMs, startMs + this.#sizeMs));
    }
    // `startMs` is now the start of the latest window that has ended.
    this.#fromMs = Math.max(lastStartMs, startMs + this.#sizeMs);
    this.#untilMs = Math.min(lastStartMs + this.#slideMs, windows.at(-1)?.endMs ?? Number.POSITIVE_INFINITY);
    return this.#last = windows;
  }
}

/** @throws {RangeError} naming what is wrong */
export function checkSliding(sizeMs: number, slideMs: number, offsetMs: number): void {
  checkWhole("a sliding window", "sizeMs", sizeMs);
  checkWhole("a sliding window", "slideMs", slideMs);
  checkOffset("a sliding window", offsetMs, "slideMs", slideMs);
}

/** The end of an assigner's description. */
export function describeSliding(sizeMs: number, slideMs: number, offsetMs: number): string {
  return `${sizeMs} ms every ${slideMs} ms${offsetMs === 0 ? "" : `, offset ${offsetMs} ms`}`;
}
