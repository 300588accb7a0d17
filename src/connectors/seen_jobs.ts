/** Jobs as they are seen from outside, by what their instances report through the broker. */
import { parseJobStatus } from "../engine/internal.ts";
import type { InstanceState, JobStatus } from "../engine/mod.ts";
import type { Broker, StatusReport } from "./broker.ts";

/**
 * What an instance does, or what has become of it:
 *
 * - `stuck`: it runs, has work to do, and gets nowhere; the report says what it waits for
 * - `gone`: it has reported nothing for longer than its session timeout, without having ended: it was killed, its machine or
 *   network is away, or its thread is blocked
 */
export type SeenState = InstanceState | "stuck" | "gone";

/** An instance of a job, as its last report shows it. */
export interface SeenInstance {
  /** Its newest report. */
  readonly status: JobStatus;
  /** What it does. */
  readonly state: SeenState;
  /** How long ago it reported, ms. */
  readonly silentMs: number;
}

/** A job, as the reports of its instances show it. */
export interface SeenJob {
  /** Its name. */
  readonly job: string;
  /** That of the instance at work; "standby" if there are only instances that wait. */
  readonly state: SeenState;
  /** The instance at work, else the one that was last heard of. */
  readonly instance: SeenInstance;
  /** Instances that stand by, oldest first. */
  readonly standby: readonly SeenInstance[];
}

const ENDED: ReadonlySet<string> = new Set<SeenState>(["finished", "stopped", "failed"]);

/**
 * All jobs that have reported within about a day, by name.
 * @param nowMs the present moment, ms since the Unix epoch; a clock that differs from that of a job's machine by more than its
 *   session timeout makes it seem gone
 */
export async function seenJobs(broker: Broker, nowMs: number): Promise<SeenJob[]> {
  return jobsOf(await broker.statusReports?.() ?? [], nowMs);
}

/** The jobs that reports are of; those of another format are left out. */
export function jobsOf(reports: readonly StatusReport[], nowMs: number): SeenJob[] {
  const instances = reports.flatMap(({ text }) => {
    const status = parseJobStatus(text);
    return status === undefined ? [] : [seenInstance(status, nowMs)];
  });
  return [...Map.groupBy(instances, ({ status }) => status.job)]
    .map(([job, of]) => seenJob(job, of))
    .sort((a, b) => a.job < b.job ? -1 : 1);
}

/** What has become of an instance, by its newest report. */
function seenInstance(status: JobStatus, nowMs: number): SeenInstance {
  const silentMs = Math.max(0, nowMs - status.atMs);
  return { status, state: seenState(status, silentMs), silentMs };
}

function seenState({ state, attempt, sessionTimeoutMs, intervalMs }: JobStatus, silentMs: number): SeenState {
  if (ENDED.has(state)) return state;
  if (silentMs > sessionTimeoutMs + intervalMs) return "gone";
  return state === "running" && attempt?.stuck !== undefined ? "stuck" : state;
}

function seenJob(job: string, instances: readonly SeenInstance[]): SeenJob {
  const newestFirst = instances.toSorted((a, b) => b.status.atMs - a.status.atMs);
  const living = newestFirst.filter(({ state }) => state !== "gone" && !ENDED.has(state));
  const instance = living.find(({ state }) => state !== "standby") ?? living[0] ?? newestFirst[0]!;
  const standby = living.filter((each) => each.state === "standby" && each !== instance)
    .sort((a, b) => a.status.startedAtMs - b.status.startedAtMs);
  return { job, state: instance.state, instance, standby };
}
