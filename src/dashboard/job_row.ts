import { eventTimeOf, notesOf } from "../cli/jobs/words.ts";
import type { JobStatus } from "../engine/mod.ts";
import type { SeenJob, SeenState } from "../connectors/seen_jobs.ts";

/** A job as a line of a table. Times are ms since the Unix epoch. */
export interface JobRow {
  readonly job: string;
  readonly state: SeenState;
  /** Since when it is in that state. */
  readonly sinceMs: number;
  /** When the instance at work began. */
  readonly startedAtMs: number;
  /** When it last reported. */
  readonly heardMs: number;
  readonly inPerSecond: number;
  readonly outPerSecond: number;
  readonly lag: number;
  /** Null where there is no event time yet. */
  readonly eventTimeMs: number | null;
  readonly lastCommitMs: number | null;
  readonly restarts: number;
  /** Records, windows and timers that failed, in this attempt. */
  readonly dead: number;
  /** Share of its thread's time at work, 0 to 1. */
  readonly busy: number;
  /** Instances that stand by. */
  readonly standby: number;
  /** What a person should know, in sentences. */
  readonly notes: readonly string[];
}

/** A job's line. */
export function jobRow(seen: SeenJob): JobRow {
  const { job, state, instance: { status }, standby } = seen;
  const { attempt } = status;
  const works = state === "running" || state === "stuck";
  return {
    job,
    state,
    sinceMs: state === "gone" ? status.atMs : status.sinceMs,
    startedAtMs: status.startedAtMs,
    heardMs: status.atMs,
    inPerSecond: works ? attempt?.inPerSecond ?? 0 : 0,
    outPerSecond: works ? attempt?.outPerSecond ?? 0 : 0,
    lag: attempt?.lag ?? 0,
    eventTimeMs: attempt === undefined ? null : eventTimeOf(attempt),
    lastCommitMs: attempt?.commits.newest.at(-1)?.atMs ?? null,
    restarts: status.restarts,
    dead: deadOf(status),
    busy: works ? attempt?.time.busy ?? 0 : 0,
    standby: standby.length,
    notes: notesOf(seen),
  };
}

/** What the job went on without. The record at which an attempt has ended is not among it: the next attempt reads it again. */
function deadOf({ state, attempt, lastError }: JobStatus): number {
  if (attempt === undefined) return 0;
  const ended = (state === "failed" || state === "restarting") && lastError?.record !== undefined ? 1 : 0;
  return Math.max(0, attempt.records.dead + attempt.records.failed - ended);
}
