import { formatTime } from "../record.ts";

/** Events of `[startMs, endMs)`. */
export class TimeWindow {
  /** ms since the Unix epoch, included */
  readonly startMs: number;
  /** ms since the Unix epoch, excluded */
  readonly endMs: number;
  /** Names the window in state and timers. */
  readonly id: string;

  constructor(startMs: number, endMs: number) {
    this.startMs = startMs;
    this.endMs = endMs;
    this.id = `${startMs}:${endMs}`;
  }

  /** The window of that id. */
  static fromId(id: string): TimeWindow {
    const colon = id.indexOf(":");
    return new TimeWindow(Number(id.slice(0, colon)), Number(id.slice(colon + 1)));
  }

  /** The last moment inside, ms: the time at which the window fires and the timestamp of what it gives. */
  maxTimestamp(): number {
    return this.endMs - 1;
  }

  toString(): string {
    return `[${formatTime(this.startMs)}, ${formatTime(this.endMs)})`;
  }
}

/** Decides which windows a record falls into. */
export interface WindowAssigner {
  /** For explain, and stored with the state: another description can not read it. */
  readonly description: string;
  /** @param timestampMs event time of a record, ms; the array is only read, and only until the next call */
  assignWindows(timestampMs: number): readonly TimeWindow[];
}
