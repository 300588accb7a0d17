import type { SeenJob } from "../connectors/seen_jobs.ts";
import type { AttemptStatus } from "../engine/mod.ts";

/** How long points are kept, ms. */
export const HISTORY_MS = 3_600_000;
/** More jobs than that are not kept: those that were not heard of for longest go. */
const JOBS = 500;

/** One point of a job's charts: a second or so of its life. */
export interface HistoryPoint {
  /** ms since the Unix epoch */
  readonly atMs: number;
  readonly inPerSecond: number;
  readonly outPerSecond: number;
  /** Records known to be there and not read. */
  readonly lag: number;
  /** How long the newest commit took, ms; null if none was made since the last point. */
  readonly commitMs: number | null;
  /** From a record's event time to its commit, ms; null where that is not known. */
  readonly latencyMs: number | null;
}

/** What jobs did in the last hour, a point for each report: bounded, in memory, gone with the process. */
export class History {
  readonly #points = new Map<string, HistoryPoint[]>();

  /** Adds what is new of a job; a report that was there before adds nothing. */
  add({ job, state, instance: { status } }: SeenJob): void {
    const { attempt, atMs } = status;
    if (attempt === undefined || (state !== "running" && state !== "stuck")) return;
    const points = this.#points.get(job) ?? [];
    const last = points.at(-1);
    if (last !== undefined && last.atMs >= atMs) return;
    // The newest entry of the map is the job that was heard of last.
    this.#points.delete(job);
    this.#points.set(job, points);
    points.push(pointOf(attempt, atMs, last?.atMs ?? 0));
    while (points[0]!.atMs <= atMs - HISTORY_MS) points.shift();
    if (this.#points.size > JOBS) this.#points.delete(this.#points.keys().next().value!);
  }

  /** A job's points, oldest first. @param sinceMs only those after it */
  of(job: string, sinceMs = 0): readonly HistoryPoint[] {
    const points = this.#points.get(job) ?? [];
    return sinceMs === 0 ? points : points.slice(points.findLastIndex(({ atMs }) => atMs <= sinceMs) + 1);
  }
}

function pointOf(
  { inPerSecond, outPerSecond, lag, commits }: AttemptStatus,
  atMs: number,
  lastMs: number,
): HistoryPoint {
  const newest = commits.newest.filter((commit) => commit.atMs > lastMs);
  const latencies = newest.flatMap(({ latencyMs }) => latencyMs === undefined ? [] : [latencyMs]);
  return {
    atMs,
    inPerSecond,
    outPerSecond,
    lag,
    commitMs: largest(newest.map(({ durationMs }) => durationMs)),
    latencyMs: largest(latencies),
  };
}

function largest(values: readonly number[]): number | null {
  return values.length === 0 ? null : Math.max(...values);
}
