/** What a job does, in words with relative times. */
import type { SeenInstance, SeenJob } from "../../connectors/seen_jobs.ts";
import { END_OF_TIME } from "../../engine/internal.ts";
import type { AttemptStatus, JobStatus, NodeStatus, SplitStatusReport } from "../../engine/mod.ts";
import { formatCount } from "../../utils.ts";

/** "3 s", "12 min", "5 h", "3 d" */
export function span(ms: number): string {
  const s = Math.max(0, ms) / 1_000;
  if (s < 10) return `${Math.floor(s * 10) / 10} s`;
  if (s < 120) return `${Math.floor(s)} s`;
  if (s < 7_200) return `${Math.floor(s / 60)} min`;
  return s < 172_800 ? `${Math.floor(s / 3_600)} h` : `${formatCount(Math.floor(s / 86_400))} d`;
}

/** "3 s ago" */
export function ago(ms: number): string {
  return `${span(ms)} ago`;
}

/** How far event time is behind the clock: "4.2 s ago", "none", "ended". @param ms where it stands; null until it has begun */
export function eventTimeWords(ms: number | null, nowMs: number): string {
  if (ms === null) return "none";
  if (ms === END_OF_TIME) return "ended";
  return ms > nowMs ? `${span(ms - nowMs)} ahead` : ago(nowMs - ms);
}

/** Where a job's event time stands, ms: that of the source which is furthest behind; null if no source has any. */
export function eventTimeOf({ nodes }: AttemptStatus): number | null {
  const known = nodes.flatMap(({ kind, outputWatermarkMs }) =>
    kind === "source" && outputWatermarkMs !== null ? [outputWatermarkMs] : []
  );
  return known.length === 0 ? null : Math.min(...known);
}

/**
 * "window of "user_statistics" closes in 33 s, waits for flightdata-0, silent for 2 s": the first window or timer that waits for event
 * time; undefined if none does.
 */
export function nextFiring(attempt: AttemptStatus): string | undefined {
  const waiting = attempt.nodes.filter(({ timers }) => timers !== undefined);
  if (waiting.length === 0) return undefined;
  const node = waiting.reduce((a, b) => (b.timers!.nextMs < a.timers!.nextMs ? b : a));
  const { count, nextMs } = node.timers!;
  const isWindow = /window/i.test(node.operation);
  const thing = isWindow ? "window" : "timer";
  const what = count === 1
    ? `the ${thing} of "${node.name}"`
    : `the first of ${formatCount(count)} ${thing}s of "${node.name}"`;
  const at = node.inputWatermarkMs;
  const split = holderOf(node, attempt);
  const when = at === null || at === undefined || at === END_OF_TIME ? "" : whenIn(nextMs - at, split);
  const waits = split === undefined ? "" : `, waits for ${split.id}${silence(split)}`;
  return `${what} ${isWindow ? "closes" : "fires"}${when}${waits}`;
}

/** Event time goes on with the clock as long as records come; it stands if the partition that holds it is silent for longer than that. */
function whenIn(ms: number, split: SplitStatusReport | undefined): string {
  return (split?.silentMs ?? 0) > ms ? ` when event time is ${span(ms)} further` : ` in ${span(ms)}`;
}

/** What there is to say of a partition that has been silent for a second or more. */
function silence({ watermarkMs, silentMs }: SplitStatusReport): string {
  if (silentMs < 1_000) return "";
  return `, ${watermarkMs === null ? "without a record" : "silent"} for ${span(silentMs)}`;
}

/** The partition above a node that is furthest behind; undefined if none holds event time back. */
function holderOf(node: NodeStatus, { nodes, edges }: AttemptStatus): SplitStatusReport | undefined {
  const above = new Set([node.uid]);
  // Nodes stand behind those above them.
  for (const { from, to } of edges.toReversed()) if (above.has(to)) above.add(from);
  const holding = nodes.filter(({ uid }) => above.has(uid)).flatMap(({ splits }) => splits ?? [])
    .filter(({ idle, finished }) => !idle && !finished);
  if (holding.length === 0) return undefined;
  return holding.reduce((a, b) => ((b.watermarkMs ?? -Infinity) < (a.watermarkMs ?? -Infinity) ? b : a));
}

/** Sentences on one job. */
export function notesOf({ state, instance, standby }: SeenJob): string[] {
  const { status, silentMs } = instance;
  const { attempt, lastError, holder, process = "an unknown process" } = status;
  const notes: string[] = [];
  switch (state) {
    case "gone":
      notes.push(`was ${verbOf(status)} in ${process}, and has not been heard of for ${span(silentMs)}`);
      break;
    case "stuck":
      notes.push(`no progress for ${span(attempt!.stuck!.forMs)}: waits for ${attempt!.stuck!.waitsFor}`);
      break;
    case "failed":
    case "restarting":
      if (lastError !== undefined) notes.push(errorWords(status));
      break;
    case "standby":
      notes.push(`${process} stands by: ${holder ?? "another process"} is active`);
      break;
    case "running": {
      notes.push(`in ${process}`);
      const next = attempt && nextFiring(attempt);
      const why = next ?? (attempt?.outPerSecond === 0 ? attempt.whyNothingComesOut : undefined);
      if (why !== undefined) notes.push(why);
      break;
    }
  }
  if (standby.length > 0) notes.push(`standing by: ${standby.map(placeOf).join(", ")}`);
  return notes;
}

function verbOf({ state }: JobStatus): string {
  return state === "standby" ? "standing by" : state;
}

function errorWords({ lastError, state }: JobStatus): string {
  const { message, line } = lastError!;
  const next = state === "restarting" ? "; it begins again from its last commit" : "";
  return `${message}${line === undefined ? "" : ` (${line})`}${next}`;
}

function placeOf({ status }: SeenInstance): string {
  return status.process ?? status.instance.slice(0, 8);
}
