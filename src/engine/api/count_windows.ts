import { CountTrigger } from "../windows/count_trigger.ts";
import { CountEvictor } from "../windows/evictors.ts";
import { PurgingTrigger } from "../windows/purging_trigger.ts";
import type { GlobalWindow } from "../windows/window.ts";
import type { BaseWindowedStream } from "./base_windowed_stream.ts";

/**
 * Makes global windows fire by the number of their records: after each `size` of them, or with the last `size` after each
 * `slide`.
 * @see Flink: KeyedStream.countWindow()
 */
export function byCount<S extends BaseWindowedStream<unknown, GlobalWindow>>(
  windows: S,
  size: number,
  slide: number | undefined,
): S {
  return slide === undefined
    ? windows.trigger(PurgingTrigger.of(CountTrigger.of(size)))
    : windows.evictor(CountEvictor.of(size)).trigger(CountTrigger.of(slide));
}
