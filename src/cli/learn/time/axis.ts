import type { Frame, TimeRun } from "./time_run.ts";
import { niceUnit } from "./times.ts";

/** A part of the axis of event time between two lines: a window, where there are windows. */
export interface AxisPart {
  readonly startMs: number;
  /** The column of the line at its beginning. */
  readonly x: number;
}

/** The narrowest part that can show a record. */
const MIN_PART = 4;
/** Where not all parts fit, those near the present are shown, and wide enough for results. */
const WIDE_PART = 9;
const MAX_PART = 24;
/** How many parts there are where no window says how long one is. */
const PARTS_WITHOUT_WINDOWS = 6;

/**
 * Event time as columns: windows side by side, each as wide as the others. What does not fit is left out at the side that is
 * further from the present.
 */
export class Axis {
  readonly partMs: number;
  readonly parts: readonly AxisPart[];
  readonly #x: number;
  readonly #partWidth: number;

  /**
   * @param options.x the first column
   * @param options.width columns
   * @param options.atMs a moment that must be seen
   */
  constructor(run: TimeRun, { x, width, atMs }: { readonly x: number; readonly width: number; readonly atMs: number }) {
    const { firstMs, lastMs, partMs, offsetMs } = extentOf(run);
    const floor = (ms: number) => Math.floor((ms - offsetMs) / partMs) * partMs + offsetMs;
    const startMs = floor(firstMs);
    const all = (floor(lastMs) - startMs) / partMs + 1;
    const fit = (partWidth: number) => Math.max(1, Math.floor((width - 1) / partWidth));
    const shown = all <= fit(MIN_PART) ? all : Math.min(all, fit(WIDE_PART));
    const newest = (floor(Math.min(Math.max(atMs, firstMs), lastMs)) - startMs) / partMs;
    // The present stands two thirds to the right.
    const first = Math.max(0, Math.min(all - shown, newest - Math.floor(shown * 2 / 3)));
    this.partMs = partMs;
    this.#partWidth = Math.min(MAX_PART, Math.floor((width - 1) / shown));
    this.#x = x;
    this.parts = Array.from({ length: shown }, (_, i) => ({
      startMs: startMs + (first + i) * partMs,
      x: x + i * this.#partWidth,
    }));
  }

  get startMs(): number {
    return this.parts[0]!.startMs;
  }

  get endMs(): number {
    return this.parts.at(-1)!.startMs + this.partMs;
  }

  /** The first column behind the last part: there stands a line. */
  get endX(): number {
    return this.#x + this.parts.length * this.#partWidth;
  }

  get partWidth(): number {
    return this.#partWidth;
  }

  /** The column of a moment, which is never that of a line; undefined if it is not on the axis. */
  columnOf(ms: number): number | undefined {
    if (!(ms >= this.startMs && ms < this.endMs)) return undefined;
    const part = Math.floor((ms - this.startMs) / this.partMs);
    const within = (ms - this.startMs - part * this.partMs) / this.partMs;
    return this.#x + part * this.#partWidth + 1 + Math.floor(within * (this.#partWidth - 1));
  }

  /** The last column that event time has passed when it has come to `ms`; before the axis, the column before it. */
  passedTo(ms: number): number {
    if (ms >= this.endMs - 1) return this.endX - 1;
    return this.columnOf(ms) ?? this.#x - 1;
  }
}

/** Which times a picture of the run must show. Those of a wrong clock are left out: they would squeeze all others. */
function extentOf({ frames, settings }: TimeRun): {
  readonly firstMs: number;
  readonly lastMs: number;
  readonly partMs: number;
  readonly offsetMs: number;
} {
  const windows = frames.flatMap(({ put, fired }) => [...put, ...fired])
    .filter(({ startMs, lastMs }) => startMs !== undefined && lastMs < 8.64e15);
  const wrong = new Set(frames.filter(isOfWrongClock).flatMap(({ put }) => put.map(({ lastMs }) => lastMs)));
  const times = frames.flatMap((frame) => isOfWrongClock(frame) ? [] : timesOf(frame).filter((ms) => !wrong.has(ms)));
  const firstMs = times.length === 0 ? 0 : Math.min(...times);
  const lastMs = times.length === 0 ? 0 : Math.max(...times);
  const sizes = windows.map(({ startMs, lastMs }) => lastMs - startMs! + 1);
  const sizeMs = settings.windowMs ?? (sizes.length > 0 ? Math.min(...sizes) : undefined);
  // Sessions have all sizes: their lines would mean nothing.
  const regular = sizeMs !== undefined && (settings.windowMs !== undefined || sizes.every((each) => each === sizeMs));
  if (regular) return { firstMs, lastMs, partMs: sizeMs, offsetMs: (windows[0]?.startMs ?? 0) % sizeMs };
  // Without windows nothing else shows how far the watermark has come.
  const watermarks = frames.map(({ watermarkMs }) => watermarkMs).filter((ms) => Math.abs(ms) <= 8.64e15);
  const extent = { firstMs: Math.min(firstMs, ...watermarks), lastMs: Math.max(lastMs, ...watermarks) };
  return { ...extent, partMs: niceUnit(extent.lastMs - extent.firstMs + 1, PARTS_WITHOUT_WINDOWS), offsetMs: 0 };
}

function timesOf({ record, fired }: Frame): number[] {
  const times = fired.map(({ lastMs }) => lastMs);
  if (record?.timeMs !== undefined) times.push(record.timeMs);
  return times.filter((ms) => Math.abs(ms) <= 8.64e15);
}

/** Whether its record is too far ahead of the clock to move event time. */
export function isOfWrongClock({ record, partitions }: Frame): boolean {
  return record !== undefined && partitions[record.partition]?.ahead === true;
}
