import { checkWhole } from "./checks.ts";
import { EventTimeTrigger, ProcessingTimeTrigger } from "./time_triggers.ts";
import { TimeWindow } from "./window.ts";
import { MergingWindowAssigner, type WindowAssignerContext } from "./window_assigner.ts";

/** How long after this record its session ends if no other record follows, ms, a whole number > 0. */
export type SessionWindowTimeGapExtractor<T> = (value: T) => number;

/** What sessions of event time and of processing time have in common. */
export abstract class SessionWindows<T> extends MergingWindowAssigner<T, TimeWindow> {
  /** For explain, and stored with the state. */
  readonly description: string;
  readonly #gapMs: number | SessionWindowTimeGapExtractor<T>;

  /** @internal */
  constructor(name: string, gapMs: number | SessionWindowTimeGapExtractor<T>) {
    super();
    this.#gapMs = gapMs;
    this.description = `${name}(${typeof gapMs === "number" ? `gap ${gapMs} ms` : "dynamic gap"})`;
  }

  /** @internal */
  override windowOf(id: string): TimeWindow {
    return TimeWindow.fromId(id);
  }

  /** @internal */
  override mergeWindows(
    windows: readonly TimeWindow[],
    merge: (toBeMerged: readonly TimeWindow[], mergeResult: TimeWindow) => void,
  ): void {
    TimeWindow.mergeWindows(windows, merge);
  }

  /** The session of a single record at that time. */
  protected sessionOf(value: T, timeMs: number): readonly TimeWindow[] {
    const gapMs = this.#gapMs;
    if (typeof gapMs === "number") return [new TimeWindow(timeMs, timeMs + gapMs)];
    const dynamicGapMs = gapMs(value);
    checkWhole("a session window", "the gap of a record", dynamicGapMs);
    return [new TimeWindow(timeMs, timeMs + dynamicGapMs)];
  }
}

/**
 * Windows that end with a gap: each record opens `[timestamp, timestamp + gap)`, and windows of a key that overlap or touch
 * merge. Two records exactly one gap apart are in one session.
 */
export class EventTimeSessionWindows<T = unknown> extends SessionWindows<T> {
  private constructor(gapMs: number | SessionWindowTimeGapExtractor<T>) {
    super("EventTimeSessionWindows", gapMs);
  }

  /**
   * Sessions that end after `gapMs` without a record.
   * @param gapMs a whole number > 0; see `Time`
   * @throws {RangeError} if it is not
   */
  static withGap(gapMs: number): EventTimeSessionWindows {
    checkWhole("a session window", "gapMs", gapMs);
    return new EventTimeSessionWindows(gapMs);
  }

  /** A gap for each record. One that is not a whole number > 0 is an error at that record. */
  static withDynamicGap<T>(gapMsOf: SessionWindowTimeGapExtractor<T>): EventTimeSessionWindows<T> {
    checkExtractor(gapMsOf);
    return new EventTimeSessionWindows(gapMsOf);
  }

  /** @internal */
  override assignWindows(value: T, timestampMs: number): readonly TimeWindow[] {
    return this.sessionOf(value, timestampMs);
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

/** Sessions by the clock: one ends when no record of its key has been worked on for a gap. */
export class ProcessingTimeSessionWindows<T = unknown> extends SessionWindows<T> {
  private constructor(gapMs: number | SessionWindowTimeGapExtractor<T>) {
    super("ProcessingTimeSessionWindows", gapMs);
  }

  /**
   * Sessions that end after `gapMs` without a record.
   * @param gapMs a whole number > 0; see `Time`
   * @throws {RangeError} if it is not
   */
  static withGap(gapMs: number): ProcessingTimeSessionWindows {
    checkWhole("a session window", "gapMs", gapMs);
    return new ProcessingTimeSessionWindows(gapMs);
  }

  /** A gap for each record. One that is not a whole number > 0 is an error at that record. */
  static withDynamicGap<T>(gapMsOf: SessionWindowTimeGapExtractor<T>): ProcessingTimeSessionWindows<T> {
    checkExtractor(gapMsOf);
    return new ProcessingTimeSessionWindows(gapMsOf);
  }

  /** @internal */
  override assignWindows(value: T, _timestampMs: number, context: WindowAssignerContext): readonly TimeWindow[] {
    return this.sessionOf(value, context.currentProcessingTime());
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

function checkExtractor(given: unknown): void {
  if (typeof given === "function") return;
  throw new TypeError(
    `Cannot create a session window with a dynamic gap: it takes a function of the record, it was given ${typeof given}`,
  );
}
