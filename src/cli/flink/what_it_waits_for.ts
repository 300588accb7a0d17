/** Why nothing comes out of a job on a cluster, as the reports of a job at home have it. */
import type { JobState } from "../../flink/rest.ts";
import { formatCount } from "../../utils.ts";
import type { PartitionView, StageView } from "./stage_view.ts";

/** No date is later; a worker without a window or timer reports more. */
const NEVER_MS = 8.64e15;

/** One sentence; undefined of a job that has ended, or of which nothing is known yet. */
export function whatItWaitsFor(state: JobState, stages: readonly StageView[]): string | undefined {
  if (state === "RESTARTING" || state === "FAILING") return "waits for its next start, after a failure";
  if (state !== "RUNNING") return undefined;
  const withoutSlots = stages.filter(({ tasks }) => (tasks.SCHEDULED ?? 0) > 0);
  if (withoutSlots.length > 0) {
    return `waits for free slots: ${withoutSlots.map(({ name }) => `"${name}"`).join(" and ")} have none`;
  }
  const starting = stages.filter(({ tasks, parallelism }) =>
    (tasks.RUNNING ?? 0) + (tasks.FINISHED ?? 0) < parallelism
  );
  if (starting.length > 0) return `waits for the start of ${starting.map(({ name }) => `"${name}"`).join(" and ")}`;
  const known = stages.filter(({ counters }) => counters.in !== undefined);
  if (known.length === 0) return undefined;
  const unread = stages.reduce((sum, stage) => sum + (stage.unread ?? 0), 0);
  if (unread > 0) return `reads: ${formatCount(unread)} records are still to be read`;
  return forEventTime(stages, known) ?? "waits for records: its topics are read to the end";
}

function forEventTime(stages: readonly StageView[], known: readonly StageView[]): string | undefined {
  const firesAtMs = ({ counters }: StageView) => counters.firesAtMs ?? NEVER_MS;
  const [first] = known.toSorted((a, b) => firesAtMs(a) - firesAtMs(b));
  if (first === undefined || firesAtMs(first) >= NEVER_MS) return undefined;
  const { eventTimeMs } = first;
  const at = eventTimeMs === undefined ? "it has not begun" : `it is at ${formatTime(eventTimeMs)}`;
  const held = heldBy(stages.flatMap(({ partitions }) => partitions));
  return `waits for event time: the first window or timer of "${first.name}" is due when it reaches ${
    formatTime(firesAtMs(first))
  }; ${at}${held === undefined ? "" : `, held by ${held}`}`;
}

/** The partition that is furthest behind. */
function heldBy(partitions: readonly PartitionView[]): string | undefined {
  const active = partitions.filter(({ idle }) => !idle);
  const [slowest] = active.toSorted((a, b) => (a.eventTimeMs ?? -Infinity) - (b.eventTimeMs ?? -Infinity));
  if (slowest === undefined) return partitions.length === 0 ? undefined : "all partitions, which are idle";
  return slowest.eventTimeMs === undefined
    ? `${slowest.id}, which has had no record since the job last started`
    : slowest.id;
}

function formatTime(ms: number): string {
  return new Date(ms).toISOString();
}
