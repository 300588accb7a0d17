import { formatTime } from "../record.ts";

/** Records of a key that belong together. */
export interface Window {
  /** Identifies the window in state and timers. */
  readonly id: string;
  /** ms since the Unix epoch, included */
  readonly startMs: number;
  /** ms since the Unix epoch, excluded */
  readonly endMs: number;
  /** The last moment inside, ms: the timestamp of what the window emits. */
  maxTimestamp(): number;
  /** For messages. */
  toString(): string;
}

/** The window of timestamps in `[startMs, endMs)`. */
export class TimeWindow implements Window {
  readonly startMs: number;
  readonly endMs: number;
  // Made when it is asked for: a record's own session mostly becomes part of another before.
  #id: string | undefined;

  /** `[startMs, endMs)`, both in ms since the Unix epoch. */
  constructor(startMs: number, endMs: number) {
    this.startMs = startMs;
    this.endMs = endMs;
  }

  /** The window of that id. */
  static fromId(id: string): TimeWindow {
    const colon = id.indexOf(":");
    const window = new TimeWindow(Number(id.slice(0, colon)), Number(id.slice(colon + 1)));
    window.#id = id;
    return window;
  }

  get id(): string {
    return this.#id ??= `${this.startMs}:${this.endMs}`;
  }

  /** Calls `merge` for every group of windows that overlap or touch, in order of time, with the window that covers them. */
  static mergeWindows(
    windows: readonly TimeWindow[],
    merge: (toBeMerged: readonly TimeWindow[], mergeResult: TimeWindow) => void,
  ): void {
    const [first, second, third] = windows;
    // Mostly a session meets one record.
    if (second === undefined) return;
    if (third === undefined) {
      if (first!.intersects(second)) {
        merge(first!.startMs <= second.startMs ? windows : [second, first!], first!.cover(second));
      }
      return;
    }
    let group: TimeWindow[] = [];
    let cover: TimeWindow | undefined;
    const add = () => {
      if (group.length > 1) merge(group, cover!);
    };
    for (const window of windows.toSorted((a, b) => a.startMs - b.startMs)) {
      if (cover?.intersects(window)) {
        cover = cover.cover(window);
        group.push(window);
      } else {
        add();
        cover = window;
        group = [window];
      }
    }
    add();
  }

  /** The last moment inside, ms: the time at which the window fires and the timestamp of what it emits. */
  maxTimestamp(): number {
    return this.endMs - 1;
  }

  /** Whether the two overlap or touch. */
  intersects(other: TimeWindow): boolean {
    return this.startMs <= other.endMs && this.endMs >= other.startMs;
  }

  /** The smallest window that covers both. */
  cover(other: TimeWindow): TimeWindow {
    return new TimeWindow(Math.min(this.startMs, other.startMs), Math.max(this.endMs, other.endMs));
  }

  toString(): string {
    return `[${formatTime(this.startMs)}, ${formatTime(this.endMs)})`;
  }
}

/** The only window of `GlobalWindows`, which covers all time. */
export class GlobalWindow implements Window {
  /**
   * The timestamp of what a global window emits, ms: the last one there is. In Flink it is `Long.MAX_VALUE`; here it is the
   * largest number that counts in ones, so that it can be stored like any other, and is still less than the watermark at the
   * end of a bounded input.
   */
  static readonly MAX_TIMESTAMP: number = Number.MAX_SAFE_INTEGER;
  static readonly #only = new GlobalWindow();
  readonly id = "global";
  readonly startMs: number = Number.NEGATIVE_INFINITY;
  readonly endMs: number = Number.POSITIVE_INFINITY;

  private constructor() {}

  /** The only instance. */
  static get(): GlobalWindow {
    return GlobalWindow.#only;
  }

  maxTimestamp(): number {
    return GlobalWindow.MAX_TIMESTAMP;
  }

  toString(): string {
    return "the global window";
  }
}
