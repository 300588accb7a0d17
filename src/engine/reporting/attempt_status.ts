/** What a status record holds of an attempt, made of its view. */
import { inputsOf, type StreamGraph, type StreamNode } from "../graph.ts";
import { MAX_WATERMARK, MIN_WATERMARK } from "../record.ts";
import { booksOf } from "./books.ts";
import {
  type AttemptStatus,
  type EdgeStatus,
  END_OF_TIME,
  type NodeStatus,
  type SplitStatusReport,
  type TimersStatus,
  type TimeShares,
} from "../job_status.ts";
import {
  type JobView,
  lagOf,
  type RecordCounts,
  type SourceView,
  type SplitView,
  type TaskView,
  type TimersView,
} from "./job_view.ts";
import type { Rates } from "./rates.ts";
import { whyNothingComesOut } from "./why_nothing_comes_out.ts";

/** What the view does not know of an attempt. */
export type AttemptExtras = Pick<AttemptStatus, "commits" | "deadLetters" | "stuck"> & {
  /** How fast the job's counts grow. */
  readonly rates: Rates;
  /** ms of the monotonic clock. */
  readonly monotonicMs: number;
  /** How the time since the attempt began was spent, ms. */
  readonly time: { readonly passedMs: number; readonly waitedMs: number; readonly restedMs: number };
};

/** The status of an attempt at this moment. */
export function attemptStatus(view: JobView, graph: StreamGraph, extras: AttemptExtras): AttemptStatus {
  const { rates, monotonicMs, commits, deadLetters, stuck } = extras;
  const { recordsIn, recordsOut, filtered, late, dead, failed, ahead } = booksOf(view);
  rates.begin(monotonicMs);
  return {
    records: { in: recordsIn, out: recordsOut, filtered, late, dead, failed, ahead },
    inPerSecond: rates.of("in", recordsIn),
    outPerSecond: rates.of("out", recordsOut),
    lag: lagOf(view),
    time: timeShares(extras),
    nodes: [
      ...view.sources.map((source) => sourceStatus(source, extras)),
      ...view.tasks.map((task) => taskStatus(task, rates)),
    ],
    edges: edgesOf(graph),
    commits,
    deadLetters,
    whyNothingComesOut: whyNothingComesOut(view, monotonicMs),
    stuck,
  };
}

/** The ways from node to node, each once. */
function edgesOf({ nodes }: StreamGraph): EdgeStatus[] {
  return nodes.flatMap((node) =>
    inputsOf(node).flatMap(({ from, keySelector, broadcast }) =>
      from.map((outlet): EdgeStatus => ({
        from: outlet.node.uid,
        to: node.uid,
        ...keySelector !== undefined && { keyed: true },
        ...broadcast === true && { broadcast: true },
        ...outlet.tag !== undefined && { tag: outlet.tag.id },
      }))
    )
  );
}

function timeShares({ rates, time: { passedMs, waitedMs, restedMs } }: AttemptExtras): TimeShares {
  const [passed, waited, rested] = [
    rates.growth("time passed", passedMs),
    rates.growth("time waited", waitedMs),
    rates.growth("time rested", restedMs),
  ];
  if (!(passed > 0)) return { busy: 0, waiting: 0, idle: 1 };
  const [waiting, idle] = [share(waited / passed), share(rested / passed)];
  return { busy: share(1 - waiting - idle), waiting, idle };
}

function share(value: number): number {
  return Math.round(Math.min(1, Math.max(0, value)) * 1_000) / 1_000;
}

function sourceStatus(
  { node, counts, outputWatermarkMs, splits }: SourceView,
  { rates, monotonicMs }: AttemptExtras,
): NodeStatus {
  return {
    ...nodeStatus(node, counts, rates),
    ...node.source.topics !== undefined && { topics: node.source.topics },
    outputWatermarkMs: eventTime(outputWatermarkMs),
    splits: splits.map((split) => splitStatus(split, monotonicMs)),
  };
}

function taskStatus(task: TaskView, rates: Rates): NodeStatus {
  const { node, counts, timers, processingTimers, isAsync, pendingRecords, outputWatermarkMs } = task;
  return {
    ...nodeStatus(node, counts, rates),
    inputWatermarkMs: eventTime(task.currentWatermark()),
    outputWatermarkMs: eventTime(outputWatermarkMs),
    ...timers.size > 0 && { timers: timersStatus(timers) },
    ...processingTimers.size > 0 && { processingTimers: timersStatus(processingTimers) },
    ...isAsync && { pendingResults: pendingRecords },
    ...nonEmpty(task.state.sizes(), "stateEntries"),
    ...nonEmpty(task.topKeys?.status(), "topKeys"),
    ...nonEmpty(task.metrics.values(), "metrics"),
  };
}

/** `{ [name]: values }`, or nothing if there is no value. */
function nonEmpty<N extends string, V extends object>(values: V | undefined, name: N): { readonly [P in N]?: V } {
  return values === undefined || Object.keys(values).length === 0 ? {} : { [name]: values } as { readonly [P in N]: V };
}

function nodeStatus(
  node: StreamNode,
  counts: RecordCounts,
  rates: Rates,
): Omit<NodeStatus, "outputWatermarkMs"> {
  const { uid, name, kind } = node;
  const recordsOut = kind === "sink" ? counts.consumed : counts.out;
  return {
    uid,
    name,
    kind,
    operation: operationOf(node),
    recordsIn: counts.in,
    recordsOut,
    sideOut: counts.sideOut,
    filtered: counts.filtered,
    late: counts.late,
    dead: counts.dead,
    inPerSecond: rates.of(`in of ${uid}`, counts.in),
    outPerSecond: rates.of(`out of ${uid}`, recordsOut),
  };
}

function operationOf(node: StreamNode): string {
  switch (node.kind) {
    case "source":
      return node.source.description;
    case "operator":
      return node.operation;
    case "sink":
      return node.sink.description;
  }
}

function splitStatus(
  { split, watermarkMs, lastActiveMs, idle, finished }: SplitView,
  nowMs: number,
): SplitStatusReport {
  const { id, status, position, lag } = split;
  return {
    id,
    status,
    position,
    lag,
    watermarkMs: eventTime(watermarkMs),
    silentMs: Math.max(0, Math.round(nowMs - lastActiveMs)),
    idle,
    finished,
  };
}

function timersStatus({ size, nextTimeMs }: TimersView): TimersStatus {
  return { count: size, nextMs: nextTimeMs };
}

function eventTime(ms: number): number | null {
  if (ms === MIN_WATERMARK) return null;
  return ms === MAX_WATERMARK ? END_OF_TIME : ms;
}
