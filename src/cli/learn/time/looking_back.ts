/** What a sentence about a frame needs of the frames before it. */
import type { LateRecord, TimeRun } from "./time_run.ts";

/** The window that a late record missed, as the job's own sentence names it; undefined: it names none. */
export function missedWindow(
  { message }: LateRecord,
): { readonly startMs: number; readonly lastMs: number } | undefined {
  const [, start, end] = /window \[([^,]+), ([^)]+)\)/.exec(message) ?? [];
  return start === undefined ? undefined : { startMs: Date.parse(start), lastMs: Date.parse(end!) - 1 };
}

/** The step before `at` in which the watermark came to a moment; undefined: it was there when the run began. */
export function stepOfPassing({ frames }: TimeRun, at: number, ms: number): number | undefined {
  const found = frames.findIndex(({ watermarkMs }) => watermarkMs >= ms);
  return found > 0 && found < at ? found : undefined;
}

/** The largest time of a partition before a frame, of records that moved event time; −∞ without any. */
export function newestMs({ frames }: TimeRun, at: number, partition: number): number {
  return frames.slice(0, at).reduce((newest, { record, partitions, dead }) => {
    if (record?.partition !== partition || dead !== undefined || partitions[partition]!.ahead) return newest;
    return Math.max(newest, record.timeMs ?? Number.NEGATIVE_INFINITY);
  }, Number.NEGATIVE_INFINITY);
}

/** Partitions that fell idle in a frame. */
export function fellIdle({ frames }: TimeRun, at: number): number[] {
  const before = frames[at - 1]!.partitions;
  return frames[at]!.partitions.flatMap(({ idle }, index) => idle && !before[index]!.idle ? [index] : []);
}
