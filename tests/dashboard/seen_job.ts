/** Jobs as they are seen, made up. */
import type { SeenJob, SeenState } from "../../src/connectors/seen_jobs.ts";
import type { AttemptStatus, CommitStatus, InstanceState, JobStatus } from "../../src/engine/mod.ts";

/** What is to be seen of a job; the rest is as of one that has done nothing. */
export interface MadeUp {
  readonly job?: string;
  readonly state?: SeenState;
  readonly atMs?: number;
  readonly silentMs?: number;
  readonly status?: Partial<JobStatus>;
  readonly attempt?: Partial<AttemptStatus>;
  readonly commits?: readonly CommitStatus[];
}

/** A job with one instance and one attempt. */
export function seenJob({ job = "job", state = "running", atMs = 1_000, silentMs = 0, ...of }: MadeUp = {}): SeenJob {
  const { status = {}, attempt = {}, commits = [] } = of;
  const whole: JobStatus = {
    format: 1,
    job,
    instance: "1",
    process: "process 7",
    startedAtMs: 0,
    atMs,
    intervalMs: 1_000,
    sessionTimeoutMs: 10_000,
    state: state === "gone" || state === "stuck" ? "running" : state satisfies InstanceState,
    sinceMs: 0,
    restarts: 0,
    attempt: {
      records: { in: 0, out: 0, filtered: 0, late: 0, dead: 0, failed: 0, ahead: 0 },
      inPerSecond: 0,
      outPerSecond: 0,
      lag: 0,
      time: { busy: 0, waiting: 0, idle: 1 },
      nodes: [],
      edges: [],
      commits: { intervalMs: 1_000, count: commits.length, uncommitted: 0, newest: commits },
      ...attempt,
    },
    ...status,
  };
  return { job, state, instance: { status: whole, state, silentMs }, standby: [] };
}
