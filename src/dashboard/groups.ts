/** Who reads a topic, and how far. */
import type { Broker } from "../connectors/broker.ts";
import type { SeenJob, SeenState } from "../connectors/seen_jobs.ts";
import type { PartitionRow } from "../inspect/topics_look.ts";

/** A job that reads a topic: its consumer group has its name. */
export interface GroupRow {
  readonly job: string;
  /** "not running" of one that has not reported within a day. */
  readonly state: SeenState | "not running";
  /** By partition; left out where nothing is known of it. */
  readonly positions: readonly { readonly partition: number; readonly offset: number; readonly lag: number }[];
  /** Over all partitions. */
  readonly lag: number;
}

/** The jobs that read a topic, those that work first. */
export async function groupsOf(
  broker: Broker,
  { topic, partitions, jobs }: {
    readonly topic: string;
    readonly partitions: readonly PartitionRow[];
    readonly jobs: readonly SeenJob[];
  },
): Promise<GroupRow[]> {
  const reporting = jobs.flatMap(({ job, state, instance }) => {
    const sources = instance.status.attempt?.nodes.filter(({ topics }) => topics?.includes(topic)) ?? [];
    if (sources.length === 0) return [];
    const positions = sources.flatMap(({ splits = [] }) => splits).flatMap(({ id, position }) => {
      const partition = partitions.find((each) => id === `${topic}-${each.partition}`);
      if (partition === undefined || typeof position !== "number") return [];
      return [{ partition: partition.partition, offset: position, lag: Math.max(0, partition.end - position) }];
    });
    return [{ job, state, positions, lag: positions.reduce((sum, { lag }) => sum + lag, 0) }];
  });
  const known = new Set(reporting.map(({ job }) => job));
  const silent = (await broker.jobsReading([topic])).filter(({ job }) => !known.has(job))
    .map(({ job }): GroupRow => ({ job, state: "not running", positions: [], lag: 0 }));
  return [...reporting, ...silent];
}
