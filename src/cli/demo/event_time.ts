import { windowStart } from "../../engine/internal.ts";
import type { EventTime } from "./state.ts";
import type { PartitionWatch } from "./topic_watch.ts";

/**
 * The event time of a topic by the engine's rule for monotonous timestamps: the lowest of its partitions, except those that have
 * been without records for `idleMs`.
 *
 * @param options.nowMs by the monotonic clock, as `heardMs` is
 */
export function eventTimeOf(
  partitions: readonly PartitionWatch[],
  options: { readonly nowMs: number; readonly windowMs: number; readonly idleMs: number },
): EventTime {
  const { nowMs, windowMs, idleMs } = options;
  const known = partitions.filter(({ eventTimeMs }) => eventTimeMs !== undefined);
  if (known.length === 0) return { kind: "none" };
  const awaited = partitions.filter(({ heardMs }) => nowMs - heardMs < idleMs);
  if (awaited.length === 0) {
    const silentMs = nowMs - Math.max(...partitions.map(({ heardMs }) => heardMs));
    return { kind: "silent", ms: Math.max(...known.map(({ eventTimeMs }) => eventTimeMs!)), silentMs };
  }
  const empty = awaited.find(({ eventTimeMs }) => eventTimeMs === undefined);
  if (empty !== undefined) {
    return { kind: "incomplete", partition: empty.split, waitMs: empty.heardMs + idleMs - nowMs };
  }
  const last = awaited.reduce((a, b) => b.eventTimeMs! < a.eventTimeMs! ? b : a);
  const ms = last.eventTimeMs!;
  const startMs = windowStart(ms, windowMs);
  return { kind: "at", ms, window: { startMs, endMs: startMs + windowMs }, heldBy: last.split };
}
