import { formatTime, NO_TIMESTAMP } from "../record.ts";
import type { OutputTag } from "../side_output.ts";
import type { Window } from "../windows/window.ts";
import type { OperatorContext } from "./operator.ts";

/**
 * Takes records for which there is no window: all of them have passed, or the assigner gave none. Each is counted as late, and
 * goes to a side output if there is one for such, else to the dead letters with the windows that it missed.
 *
 * Flink neither counts nor keeps a record between two windows (of which the slide is longer than the size) whose time has not
 * passed.
 */
export class LateRecords<T> {
  readonly #context: OperatorContext;
  readonly #tag: OutputTag<unknown> | undefined;
  readonly #allowedLatenessMs: number;

  constructor(context: OperatorContext, tag: OutputTag<unknown> | undefined, allowedLatenessMs: number) {
    this.#context = context;
    this.#tag = tag;
    this.#allowedLatenessMs = allowedLatenessMs;
  }

  take(value: T, timestampMs: number, windows: readonly Window[]): void {
    const context = this.#context;
    if (this.#tag !== undefined) {
      context.countLate();
      context.sideOutput(this.#tag).collect(value, timestampMs);
    } else if (windows.length === 0) {
      context.late(value, timestampMs, `falls into no window: its time is ${formatTime(timestampMs)}`);
    } else {
      const allowed = this.#allowedLatenessMs === 0 ? "" : ` and the ${this.#allowedLatenessMs} ms of lateness allowed`;
      context.late(
        value,
        timestampMs,
        `came too late for its window ${windows.join(", ")}${allowed}: ` +
          `event time is at ${formatTime(context.currentWatermark())} already`,
      );
    }
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
