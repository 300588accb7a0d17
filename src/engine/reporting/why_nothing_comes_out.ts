import { nodesAbove, type StreamNode } from "../graph.ts";
import { formatTime, MIN_WATERMARK } from "../record.ts";
import { count } from "../words.ts";
import type { JobView, SourceView, SplitView, TaskView, TimersView } from "./job_view.ts";

/**
 * Why nothing comes out of a job at the moment, in one sentence; undefined if there is no reason to be seen.
 *
 * @param now ms of the monotonic clock
 */
export function whyNothingComesOut(job: JobView, now: number): string | undefined {
  const { sources, tasks } = job;
  for (const source of sources) {
    const held = source.splits.find(({ finished, split }) => !finished && split.status === "held");
    if (held?.split.waitsFor !== undefined) return `waits for ${held.split.waitsFor}`;
    const pending = source.splits.find(({ finished, split }) => !finished && split.status === "pending");
    if (pending !== undefined) {
      return `waits for records of ${pending.split.id} that are known to be there: ${pending.split.lag} to read`;
    }
  }
  const results = describePending(tasks);
  const reasons = [
    results && `waits for ${results}`,
    clockTimers(tasks),
    eventTimeTimers(job, now),
  ].filter((reason) => reason !== undefined);
  if (reasons.length > 0) return reasons.join("; ");
  if (sources.some(({ lag }) => lag > 0)) return undefined;
  return `waits for records: ${sources.map(({ node }) => node.source.description).join(" and ")} read to the end`;
}

/** Event time where the next window or timer waits for it; -Infinity if none does. */
export function eventTimeAwaited({ tasks }: JobView): number {
  return earliest(tasks, ({ timers }) => timers)?.currentWatermark() ?? -Infinity;
}

/** Records at work whose results are to come: `2 results of "lookup"`. */
export function describePending(tasks: readonly TaskView[]): string | undefined {
  const waiting = tasks.filter(({ pendingRecords }) => pendingRecords > 0);
  if (waiting.length === 0) return undefined;
  return waiting.map(({ node, pendingRecords }) => `${count(pendingRecords, "result")} of "${node.name}"`).join(
    " and ",
  );
}

function clockTimers(tasks: readonly TaskView[]): string | undefined {
  const first = earliest(tasks, ({ processingTimers }) => processingTimers);
  if (first === undefined) return undefined;
  const { size, nextTimeMs } = first.processingTimers;
  return describeTimers(first, size, `the clock reaches ${formatTime(nextTimeMs)}`);
}

function eventTimeTimers(job: JobView, now: number): string | undefined {
  const first = earliest(job.tasks, ({ timers }) => timers);
  if (first === undefined) return undefined;
  const { size, nextTimeMs } = first.timers;
  const waiting = describeTimers(first, size, `event time reaches ${formatTime(nextTimeMs)}`);
  const ahead = job.clockLimit.describe();
  return `${waiting}; ${whereEventTimeIs(first, job, now)}${ahead === undefined ? "" : `; ${ahead}`}`;
}

function earliest(tasks: readonly TaskView[], timersOf: (task: TaskView) => TimersView): TaskView | undefined {
  return tasks.filter((task) => timersOf(task).size > 0)
    .toSorted((a, b) => timersOf(a).nextTimeMs - timersOf(b).nextTimeMs)[0];
}

function describeTimers({ node }: TaskView, size: number, when: string): string {
  const one = size === 1;
  return node.kind === "operator" && /window/i.test(node.operation)
    ? `${count(size, "window")} of "${node.name}" ${one ? "is" : "are"} open, ${
      one ? "it" : "the first"
    } closes when ${when}`
    : `${count(size, "timer")} of "${node.name}" ${one ? "waits" : "wait"}, ${
      one ? "it" : "the first"
    } fires when ${when}`;
}

function whereEventTimeIs(task: TaskView, { sources, tasks }: JobView, now: number): string {
  const parts = new Map<StreamNode, Part>([...sources, ...tasks].map((part) => [part.node, part]));
  const at = `it is at ${formatTime(task.currentWatermark())}`;
  const holder = holderAbove(task, parts);
  if (holder !== undefined && !isSource(holder)) {
    return holder.pendingRecords > 0
      ? `${at}, held by "${holder.node.name}", which waits for ${count(holder.pendingRecords, "result")}`
      : `${at}, as "${holder.node.name}" makes it of the times of its records`;
  }
  const above = ancestors(task.node);
  const feeding = sources.filter(({ node }) => above.has(node));
  if (feeding.every(hasNoWatermarks) && !tasks.some((part) => above.has(part.node) && part.makesWatermarks)) {
    return "its sources have no watermarks, so it never does; give them a WatermarkStrategy";
  }
  if (holder === undefined) return "all partitions are idle: it moves on with the next record";
  if (holder.byClock) return `${at}, and goes on with the clock, as no source has a record`;
  if (hasNoWatermarks(holder)) {
    return `${at}, held by "${holder.node.name}", which has no watermarks; give it a WatermarkStrategy`;
  }
  const holding = holder.splits.filter(({ idle, finished }) => !finished && !idle);
  if (holding.length === 0) return at;
  const split = holding.reduce((a, b) => (b.watermarkMs < a.watermarkMs ? b : a));
  return `${at}, held by ${split.split.id}, ${lastOf(split, task.currentWatermark(), now)}`;
}

type Part = SourceView | TaskView;

/**
 * From input to input, always the one furthest behind: the source where that ends, or a task on the way that makes event time
 * or holds it while results are to come. Undefined if all are idle.
 */
function holderAbove(task: TaskView, parts: ReadonlyMap<StreamNode, Part>): Part | undefined {
  const atMs = task.currentWatermark();
  const active = nodesAbove(task.node).map((node) => parts.get(node)!).filter((part) => !isIdle(part, parts));
  // A union does not wait for a stream that came back behind it; an operator with two inputs does.
  const holding = active.filter(({ outputWatermarkMs }) => task.node.inputs.length > 1 || outputWatermarkMs >= atMs);
  if (active.length === 0) return undefined;
  const furthest = (holding.length > 0 ? holding : active)
    .reduce((a, b) => (b.outputWatermarkMs < a.outputWatermarkMs ? b : a));
  if (isSource(furthest) || furthest.makesWatermarks || furthest.pendingRecords > 0) return furthest;
  return holderAbove(furthest, parts);
}

function isIdle(part: Part, parts: ReadonlyMap<StreamNode, Part>): boolean {
  return isSource(part)
    ? part.idle && !part.byClock && !part.ended
    : nodesAbove(part.node).every((node) => isIdle(parts.get(node)!, parts));
}

function isSource(part: Part): part is SourceView {
  return part.node.kind === "source";
}

function hasNoWatermarks({ node }: SourceView): boolean {
  return node.strategy.createGenerator() === undefined;
}

function lastOf(holder: SplitView, atMs: number, now: number): string {
  if (holder.isAhead) return `whose last record is far ahead of the clock`;
  const silentS = Math.round((now - holder.lastActiveMs) / 1000);
  const idle = "(--idle says how long it is waited for)";
  if (holder.watermarkMs === MIN_WATERMARK) return `which has had no record yet, for ${silentS} s ${idle}`;
  const brought = holder.watermarkMs === atMs ? "came" : `brought it to ${formatTime(holder.watermarkMs)}`;
  return `whose last record ${brought} ${silentS} s ago ${idle}`;
}

function ancestors(node: StreamNode, found: Set<StreamNode> = new Set()): Set<StreamNode> {
  found.add(node);
  for (const above of nodesAbove(node)) ancestors(above, found);
  return found;
}
