import { COMMIT_FORMAT, type JobRecord, type StateVersions } from "../commit_format.ts";
import { nodesAbove, type StreamNode } from "../graph.ts";
import { MAX_WATERMARK, MIN_WATERMARK } from "../record.ts";
import type { JobParts } from "./running_job.ts";

/** What a commit says of the job beside what its parts show. */
export interface JobRecordOptions {
  readonly bounds: JobRecord["bounds"];
  readonly finishedAtMs: number | null;
  /** `JobRecord.ahead` of the last commit. */
  readonly ahead: ReadonlyMap<string, number>;
}

/** What a commit says of the job as a whole: event time behind its sources and operators, and what their state depends on. */
export function jobRecord(job: JobParts, { bounds, finishedAtMs, ahead }: JobRecordOptions): JobRecord {
  const times = eventTimes(job, ahead);
  const compatibility: Record<string, Record<string, string>> = {};
  const versions: Record<string, StateVersions> = {};
  for (const { node, operator, state } of job.tasks) {
    const dependsOn = operator.compatibility?.();
    if (dependsOn !== undefined) compatibility[node.uid] = dependsOn;
    const version = state.versions();
    if (Object.keys(version).length > 0) versions[node.uid] = version;
  }
  const isAhead = bounds !== null && Object.keys(times.ahead).length > 0;
  return {
    format: COMMIT_FORMAT,
    watermarks: times.watermarks,
    ...(isAhead && { ahead: times.ahead }),
    compatibility,
    versions,
    bounds,
    finishedAtMs,
  };
}

/**
 * Event time by uid, ms: as a later run must find it, and where it is further only because sources have come to their bounds.
 * @param restoredAhead the latter of the last commit
 */
function eventTimes(
  { sources, tasks }: JobParts,
  restoredAhead: ReadonlyMap<string, number>,
): { readonly watermarks: Record<string, number>; readonly ahead: Record<string, number> } {
  const ahead: Record<string, number> = {};
  const realMs = new Map<StreamNode, number>();
  // Nodes below a bound that has been reached: there event time may have moved on without a record.
  const belowBound = new Set<StreamNode>();
  for (const source of sources) {
    realMs.set(source.node, source.realWatermarkMs());
    if (source.ended || source.splits.some(({ finished }) => finished)) belowBound.add(source.node);
  }
  for (const task of tasks) {
    const { node } = task;
    const above = nodesAbove(node);
    // Before the first record it is known from the last commit only.
    const limited = restoredAhead.has(node.uid) || above.some((each) => belowBound.has(each));
    if (limited) belowBound.add(node);
    const ms = task.realWatermarkMs(limited ? Math.min(...above.map((each) => realMs.get(each)!)) : MAX_WATERMARK);
    realMs.set(node, ms);
    const { watermarkMs } = task.output;
    if (!task.ignoresTime && watermarkMs > ms && watermarkMs !== MAX_WATERMARK) ahead[node.uid] = watermarkMs;
  }
  const known = [...realMs].filter(([, ms]) => ms !== MIN_WATERMARK && ms !== MAX_WATERMARK);
  return { watermarks: Object.fromEntries(known.map(([{ uid }, ms]) => [uid, ms])), ahead };
}
