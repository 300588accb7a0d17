import { formatTime, NO_TIMESTAMP } from "../../record.ts";
import type { OutputTag } from "../../side_output.ts";
import type { Window } from "../../windows/window.ts";
import type { Lateness, OperatorContext } from "../operator.ts";

/**
 * Takes records for which no window is open: all their windows have passed, or the assigner returned no window. Each is counted
 * as late. It goes to the side output for late records; without one it is a dead letter that names the windows that it missed.
 *
 * With a slide longer than the size a record may lie between two windows. If its time has not passed, Flink neither counts nor
 * keeps it.
 */
export class LateRecords<T> {
  readonly #context: OperatorContext;
  readonly #tag: OutputTag<unknown> | undefined;
  readonly #allowedLatenessMs: number;
  /** The last result of #lateness(): late records mostly come in a row, for one window. */
  #last: { readonly windowIds: string; readonly watermarkMs: number; readonly lateness: Lateness } | undefined;

  constructor(context: OperatorContext, tag: OutputTag<unknown> | undefined, allowedLatenessMs: number) {
    this.#context = context;
    this.#tag = tag;
    this.#allowedLatenessMs = allowedLatenessMs;
  }

  take(value: T, timestampMs: number, windows: readonly Window[]): void {
    const context = this.#context;
    if (this.#tag !== undefined) {
      context.countLate();
      if (context.trace.isAtWork) context.trace.late(this.#lateness(timestampMs, windows));
      context.sideOutput(this.#tag).collect(value, timestampMs);
    } else {
      context.late(value, timestampMs, this.#lateness(timestampMs, windows));
    }
  }

  #lateness(timestampMs: number, windows: readonly Window[]): Lateness {
    if (windows.length === 0) {
      const message = `Record falls into no window: its time is ${formatTime(timestampMs)}`;
      return { message, lateFromMs: Number.NEGATIVE_INFINITY };
    }
    const watermarkMs = this.#context.currentWatermark();
    const windowIds = windows.length === 1 ? windows[0]!.id : windows.map(({ id }) => id).join(" ");
    const last = this.#last;
    if (last?.windowIds === windowIds && last.watermarkMs === watermarkMs) return last.lateness;
    const allowed = this.#allowedLatenessMs === 0 ? "" : ` and the ${this.#allowedLatenessMs} ms of lateness allowed`;
    const message = `Record came too late for its window ${windows.join(", ")}${allowed}: ` +
      `event time is at ${formatTime(watermarkMs)} already`;
    const lateFromMs = Math.max(...windows.map((window) => window.maxTimestamp())) + this.#allowedLatenessMs;
    const lateness = { message, lateFromMs };
    this.#last = { windowIds, watermarkMs, lateness };
    return lateness;
  }
}

/** @throws {TypeError} if a record has no timestamp but needs one */
export function checkTimestamped(timestampMs: number, operator: string): void {
  if (timestampMs !== NO_TIMESTAMP) return;
  throw new TypeError(
    `Cannot put a record into a window of "${operator}": it has no timestamp; ` +
      "call assignTimestampsAndWatermarks() before window()",
  );
}
