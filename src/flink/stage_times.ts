/**
 * What the watermarks of each stage mean. Flink has one kind; here they are of two:
 *
 * - event time, as the job's strategies have it, which windows and timers go by;
 * - the order of records alone, where the job has no event time or nothing waits for it: how far the partitions have been read. A
 *   partition that is read to its end holds that back no longer, while event time waits for its next record.
 *
 * Both let records be sorted before they are written.
 */
import type { Outlet, SourceNode, StreamNode } from "../engine/graph.ts";
import { inputsOf } from "../engine/graph.ts";
import { NO_TIMESTAMP } from "../engine/record.ts";
import { isNumbered } from "../engine/internal.ts";
import { hasEventTime, hasOwnTime, isAsync, type Stage } from "./stages.ts";

/** What flows into a stage and out of it. */
export interface StageTimes {
  /** Whether watermarks that come in are event time. */
  readonly eventTimeIn: boolean;
  /** Whether those that go out are. */
  readonly eventTimeOut: boolean;
  /** Whether something behind a source waits for event time; else the order is enough. */
  readonly eventTimeMatters: boolean;
  /** For each outlet: whether the watermarks go by the same times as its records. */
  readonly ordered: readonly boolean[];
  /** For each outlet: whether its records come at once and with the times that they were read with, so that positions order them. */
  readonly asRead: readonly boolean[];
}

/** The times of all stages, which are in an order in which each comes before those that it leads to. */
export function timesOfStages(stages: readonly Stage[]): StageTimes[] {
  const times: StageTimes[] = [];
  for (const stage of stages) {
    const { root } = stage;
    const senders = stages.slice(0, stage.index).filter(({ outlets }) =>
      outlets.some((outlet) => outlet.kind === "exchange" && outlet.to === root)
    );
    const eventTimeIn = root.kind === "source"
      ? hasEventTime(root.strategy)
      : senders.every(({ index }) => times[index]!.eventTimeOut);
    times.push(timesOf(stage, eventTimeIn));
  }
  return times;
}

function timesOf({ root, nodes, outlets, ownSinks }: Stage, eventTimeIn: boolean): StageTimes {
  const timed = new Set<StreamNode>(eventTimeIn ? [root] : []);
  /** What has times that no watermark goes by, or that watermarks overtake; behind it, too. */
  const assigned = new Set<StreamNode>(root.kind === "source" && !eventTimeIn && assignsTimes(root) ? [root] : []);
  for (const node of nodes) {
    if (node.kind !== "operator") continue;
    const above = inputsOf(node).flatMap(({ from }) => from).filter((outlet) => nodes.includes(outlet.node as never));
    const assigns = node.create().ownWatermark !== undefined;
    // Without event time watermarks go past the worker, and past its calls.
    const overtaken = !eventTimeIn && isAsync(node);
    if (assigns || overtaken || above.some((outlet) => assigned.has(outlet.node))) assigned.add(node);
    if (assigns || (above.length > 0 && isTimed(above))) timed.add(node);
  }
  function isTimed(from: readonly Outlet[]): boolean {
    return from.every(({ node }) => timed.has(node));
  }
  const fromFlink = root.kind === "source" && !hasOwnTime(root) &&
    !nodes.some((node) => node.kind === "operator" && isAsync(node));
  const eventTimeOut = [...outlets, ...ownSinks].every(({ from }) => isTimed(from));
  return {
    eventTimeIn,
    eventTimeOut,
    eventTimeMatters: outlets.some(({ kind }) => kind === "exchange"),
    asRead: outlets.map(({ from }) => fromFlink && !from.some(({ node }) => assigned.has(node))),
    ordered: outlets.map(({ from }) => eventTimeOut || !from.some(({ node }) => assigned.has(node))),
  };
}

/** Whether a source takes its records' times from the job. */
function assignsTimes({ source, strategy }: SourceNode): boolean {
  if (strategy.timestampAssigner !== undefined) return true;
  if (!isNumbered(source)) return false;
  const { first, end } = source.numbers;
  return first < end && source.createRecords().timestampOf(first) !== NO_TIMESTAMP;
}
