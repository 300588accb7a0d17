/** The size of a soak's commits, and of the log on the disk. */
import { join } from "node:path";
import { formatCount } from "../src/utils.ts";
import { singleTimersOf, statesOf } from "../src/inspect/commit.ts";
import type { JobName } from "./request.ts";

/** The sizes at one moment. */
export interface Checkpoint {
  /** Progress of the feed, 0 to 1. */
  readonly progress: number;
  /** The number and size of the entries in each job's commit. */
  readonly commits: Readonly<Record<JobName, CommitSize>>;
  /** Size of the embedded log; undefined for another broker. */
  readonly diskBytes: number | undefined;
}

/** The number and size of the entries in a job's last commit. */
export interface CommitSize {
  readonly entries: number;
  readonly bytes: number;
}

export function sizeOf(commit: ReadonlyMap<string, string>): CommitSize {
  // Names and values of both jobs are ASCII.
  const bytes = commit.entries().reduce((sum, [entry, text]) => sum + entry.length + text.length, 0);
  return { entries: commit.size, bytes };
}

/** "10,000 user_statistics/total (1,406 KB), 10,000 timers of user_statistics, 5 positions, 1 of the job" */
export function stateWords(commit: ReadonlyMap<string, string>): string {
  const states = statesOf(commit).map(({ uid, state, entries, bytes }) =>
    `${formatCount(entries)} ${uid}/${state} (${formatCount(Math.round(bytes / 1024))} KB)`
  );
  const timers = singleTimersOf(commit).map(({ uid, count }) => `${formatCount(count)} timers of ${uid}`);
  const positions = commit.keys().filter((entry) => entry.startsWith('["split",')).toArray().length;
  return [...states, ...timers, `${positions} positions`, "1 of the job"].join(", ");
}

/** The size of all files in a folder, bytes. */
export function sizeOfFiles(dir: string): number {
  let bytes = 0;
  for (const { name, isFile } of Deno.readDirSync(dir)) if (isFile) bytes += Deno.statSync(join(dir, name)).size;
  return bytes;
}
