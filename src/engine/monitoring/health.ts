import type { JobStatus } from "../job_status.ts";

/** After so many commit intervals without a commit of what was read, a job is not healthy. */
const INTERVALS = 10;
/** And not before that has lasted so long, ms. */
const LEAST_MS = 10_000;

/** Whether a job is well, and why. */
export interface Health {
  readonly isOk: boolean;
  /** One line. */
  readonly words: string;
}

/**
 * Whether the instance is well, so that nobody should restart it: it works, stands by, or begins again. A job that has work and
 * gets nowhere, or reads without committing, is not.
 */
export function healthOf({ job, state, holder, attempt, lastError, atMs, sinceMs }: JobStatus): Health {
  const not = (words: string): Health => ({ isOk: false, words: `${job}: ${words}` });
  if (state === "failed") return not(`failed: ${lastError?.message ?? "without an error"}`);
  if (state === "running" && attempt !== undefined) {
    const { stuck, commits: { newest, intervalMs, uncommitted } } = attempt;
    if (stuck !== undefined) return not(`no progress for ${seconds(stuck.forMs)}: waits for ${stuck.waitsFor}`);
    const withoutMs = atMs - (newest.at(-1)?.atMs ?? sinceMs);
    if (uncommitted > 0 && withoutMs > Math.max(INTERVALS * intervalMs, LEAST_MS)) {
      return not(`${uncommitted} records read, and no commit for ${seconds(withoutMs)}`);
    }
  }
  return { isOk: true, words: `${job}: ${state}${holder === undefined ? "" : `, as ${holder} is active`}` };
}

/** Whether the instance is the one at work, and well. */
export function readinessOf(status: JobStatus): Health {
  const health = healthOf(status);
  return { ...health, isOk: health.isOk && status.state === "running" };
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1_000)} s`;
}
