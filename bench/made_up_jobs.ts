/** Status reports of jobs that are made up, as the cost of a page depends on them alone and not on who reads the records. */
import type { Broker } from "../src/connectors/broker.ts";
import type { JobStatus, NodeStatus } from "../src/engine/mod.ts";
import { SYSTEM_CLOCK } from "../src/engine/mod.ts";
import { node } from "../tests/cli/node_status.ts";
import { seenJob } from "../tests/dashboard/seen_job.ts";

/** So many jobs with so many partitions each read so many records a second. */
export const JOBS = 50;
export const PARTITIONS = 4;
export const RECORDS_PER_SECOND = 400;

/** Reports for all of them once a second, until the signal. */
export async function reportJobs(broker: Broker, signal: AbortSignal): Promise<void> {
  const beganMs = Date.now();
  while (!signal.aborted) {
    const atMs = Date.now();
    for (let n = 0; n < JOBS; n++) {
      const status = reportOf(n, atMs, beganMs);
      await broker.reportStatus!({ job: status.job, instance: status.instance, atMs, text: JSON.stringify(status) });
    }
    await SYSTEM_CLOCK.sleep(1_000, signal);
  }
}

/** A report of the n-th job at this moment. */
function reportOf(n: number, atMs: number, beganMs: number): JobStatus {
  const jitter = Math.round(Math.sin(atMs / 1_000 + n) * 40);
  const read = Math.round((atMs - beganMs) / 1_000 * RECORDS_PER_SECOND);
  const splits = Array.from({ length: PARTITIONS }, (_, i) => ({
    id: `topic-${n}-${i}`,
    status: "ready",
    position: read / PARTITIONS,
    lag: Math.abs(jitter),
    watermarkMs: atMs - 500 - i * 100,
    silentMs: 20,
    idle: false,
    finished: false,
  }));
  const flow = {
    recordsIn: read,
    recordsOut: read,
    inPerSecond: RECORDS_PER_SECOND + jitter,
    outPerSecond: RECORDS_PER_SECOND,
  };
  const nodes: NodeStatus[] = [
    node("source", {
      ...flow,
      kind: "source",
      operation: `topic "topic-${n}"`,
      topics: [`topic-${n}`],
      splits,
      outputWatermarkMs: atMs - 800,
    }),
    node("map", { ...flow, outputWatermarkMs: atMs - 800 }),
    node("window", {
      ...flow,
      operation: "window reduce",
      timers: { count: 90, nextMs: atMs + 400 },
      outputWatermarkMs: atMs - 800,
    }),
    node("sink", { ...flow, kind: "sink", operation: 'topic "out"', outputWatermarkMs: atMs - 800 }),
  ];
  const commits = Array.from({ length: 20 }, (_, i) => ({
    atMs: atMs - (20 - i) * 1_000,
    durationMs: 12 + (i + n) % 7,
    bytes: 4_000,
    entries: 120,
    records: 400,
    latencyMs: 900,
  }));
  const edges = [["source", "map"], ["map", "window"], ["window", "sink"]].map(([from, to]) => ({
    from: from!,
    to: to!,
  }));
  return seenJob({
    job: `job-${n}`,
    atMs,
    status: { instance: `instance-${n}`, startedAtMs: beganMs, sinceMs: beganMs },
    attempt: {
      nodes,
      edges,
      inPerSecond: RECORDS_PER_SECOND + jitter,
      outPerSecond: RECORDS_PER_SECOND,
      lag: Math.abs(jitter),
    },
    commits,
  }).instance.status;
}
