/** Whether a job can go on in a partition at its committed position. */
import { JobError } from "../engine/mod.ts";

/** A committed position, and the range of its partition that it should lie in. */
export interface PositionRange {
  readonly topic: string;
  readonly partition: number;
  readonly position: number;
  /** Oldest offset that is still there. */
  readonly start: number;
  /** Behind the last record that can be seen. */
  readonly end: number;
}

/** @throws {JobError} if the position lies outside of the partition */
export function checkPosition({ topic, partition, position, start, end }: PositionRange): void {
  const place = `Cannot go on reading "${topic}" partition ${partition} at offset ${position}`;
  if (position > end) {
    throw new JobError(
      `${place}: it ends at offset ${end} (was the topic deleted and created anew?); forget the job's commit with --reset`,
    );
  }
  if (position < start) {
    throw new JobError(
      `${place}: it begins at offset ${start} now, the records between are gone; forget the job's commit with --reset`,
    );
  }
}

/** @throws {JobError} if a bounded run was to end beyond the partition's end */
export function checkBound(
  { topic, partition, bound, end }: Pick<PositionRange, "topic" | "partition" | "end"> & { readonly bound: number },
): void {
  if (bound <= end) return;
  throw new JobError(
    `Cannot go on reading "${topic}" partition ${partition} up to offset ${bound}, where the run was to end: it ends at offset ${end} ` +
      "(was the topic deleted and created anew?); forget the job's commit with --reset",
  );
}
