/** A job's graph, cut at its exchanges into stages: each is run by one operator of Flink's, whose subtasks have workers. */
import { TopicSink } from "../connectors/sink.ts";
import { TopicSource } from "../connectors/source.ts";
import { JobError } from "../engine/mod.ts";
import type { OperatorNode, Outlet, SinkNode, SourceNode, StreamGraph, StreamNode } from "../engine/graph.ts";
import { inputsOf } from "../engine/graph.ts";
import { isNumbered } from "../engine/internal.ts";
import { FunctionSink } from "../engine/sinks/function_sink.ts";
import { PrintSink } from "../engine/sinks/print_sink.ts";
import type { JobRunOptions } from "../engine/runtime/run_options.ts";

/** A source, keyed operator or one of two inputs, and all behind it up to the next one of these or a sink. */
export interface Stage {
  /** Its place among the stages. */
  readonly index: number;
  readonly root: SourceNode | OperatorNode;
  /** The root and the operators behind it, in the order of the graph. */
  readonly nodes: readonly (SourceNode | OperatorNode)[];
  readonly outlets: readonly StageOutlet[];
  /** Sinks that the workers write to themselves. */
  readonly ownSinks: readonly StageSink[];
  /**
   * All behind the root in the order of the graph: operators, outlets and sinks. What parts and meets again in a later operator comes
   * there in the order that it has at home.
   */
  readonly behindRoot: readonly (OperatorNode | StageOutlet | StageSink)[];
}

/** A sink and what leads to it from a stage. */
export interface StageSink {
  readonly kind: "own sink";
  readonly to: SinkNode;
  readonly from: readonly Outlet[];
}

/** A way out of a stage: to an input of an operator that another stage begins with, or to a topic. */
export type StageOutlet =
  | { readonly kind: "exchange"; readonly to: OperatorNode; readonly input: number; readonly from: readonly Outlet[] }
  | { readonly kind: "sink"; readonly to: SinkNode; readonly from: readonly Outlet[] };

/** Whether a stage begins with this node: its records come from outside, from other subtasks by their key, or in two streams. */
export function isRoot(node: StreamNode): node is SourceNode | OperatorNode {
  return node.kind === "source" || (node.kind === "operator" && (node.inputs.length > 1 || isKeyed(node)));
}

/** Whether records come to an operator by their key. */
export function isKeyed({ inputs }: OperatorNode): boolean {
  return inputs.some(({ keySelector }) => keySelector !== undefined);
}

/** Whether records of an operator's second input come to all of its subtasks. */
export function isBroadcast({ inputs }: OperatorNode): boolean {
  return inputs.some(({ broadcast }) => broadcast);
}

/** Whether an operator's answers come later than its records. */
export function isAsync(node: OperatorNode): boolean {
  return node.create().pendingResults !== undefined;
}

/** Whether event time of a source takes functions of the job, which only its workers have. */
export function hasOwnTime({ source, strategy }: SourceNode): boolean {
  if (strategy.timestampAssigner !== undefined) return true;
  return hasEventTime(strategy) && (strategy.outOfOrdernessMs === undefined || isNumbered(source));
}

/** Whether a strategy makes watermarks. */
export function hasEventTime(strategy: SourceNode["strategy"]): boolean {
  return strategy.createGenerator() !== undefined;
}

/**
 * Cuts a graph into stages, in an order in which each comes before those that it leads to. An operator behind a union of several
 * stages is part of each of them: it has no state, so it does the same in all.
 */
export function cutIntoStages({ nodes }: StreamGraph): Stage[] {
  return nodes.filter(isRoot).map((root, index) => {
    const within = new Set<StreamNode>([root]);
    const outlets: StageOutlet[] = [];
    const ownSinks: StageSink[] = [];
    const behindRoot: (OperatorNode | StageOutlet | StageSink)[] = [];
    for (const node of nodes) {
      for (const [input, { from }] of inputsOf(node).entries()) {
        const inside = from.filter((outlet) => within.has(outlet.node));
        if (inside.length === 0) continue;
        const part = partOf(node, input, inside);
        behindRoot.push(part);
        if (part.kind === "operator") within.add(part);
        else if (part.kind === "own sink") ownSinks.push(part);
        else outlets.push(part);
      }
    }
    return {
      index,
      root,
      nodes: nodes.filter((node) => within.has(node)) as Stage["nodes"],
      outlets,
      ownSinks,
      behindRoot,
    };
  });
}

/** What a node is to a stage that leads to one of its inputs. */
function partOf(node: StreamNode, input: number, from: readonly Outlet[]): OperatorNode | StageOutlet | StageSink {
  if (node.kind === "sink") return { kind: node.sink instanceof TopicSink ? "sink" : "own sink", to: node, from };
  const operator = node as OperatorNode;
  return isRoot(operator) ? { kind: "exchange", to: operator, input, from } : operator;
}

/**
 * Which stages may share a worker: a number for each. Those that have an operator or a sink of their own in common do not: a function
 * would be opened twice in one process, and see the records of both.
 */
export function workersOf(stages: readonly Stage[]): number[] {
  const workers: Set<StreamNode>[] = [];
  return stages.map(({ nodes, ownSinks }) => {
    const own: StreamNode[] = [...nodes, ...ownSinks.map(({ to }) => to)];
    let worker = workers.findIndex((taken) => !own.some((node) => taken.has(node)));
    if (worker < 0) worker = workers.push(new Set()) - 1;
    for (const node of own) workers[worker]!.add(node);
    return worker;
  });
}

/** The settings that decide whether a job can run on a cluster. */
export type CheckedSettings = Pick<JobRunOptions, "jobName" | "bounded" | "closeIdleMs" | "reset" | "drain">;

/**
 * Refuses a job that uses what does not run on a cluster, before anything is submitted.
 * @throws {JobError} that names all of it
 */
export function checkRunsOnFlink(graph: StreamGraph, options: CheckedSettings): void {
  const found = [...graph.nodes.flatMap((node) => refusedIn(node, options)), ...refusedSettings(options)];
  if (found.length === 0) return;
  throw new JobError(
    `Cannot run job "${options.jobName}" on Flink, where this is not supported: ${
      found.join("; ")
    }. Run it without Flink, or do without`,
  );
}

function refusedSettings({ closeIdleMs, reset, drain }: CheckedSettings): string[] {
  return [
    ...closeIdleMs !== Number.POSITIVE_INFINITY
      ? ["closeIdleMs (--close-idle): event time that goes on with the clock"]
      : [],
    ...reset ? ["reset (--reset): a job on Flink begins anew unless it is submitted with a savepoint"] : [],
    ...drain ? ["drain (--drain): use flink stop --drain"] : [],
  ];
}

function refusedIn(node: StreamNode, options: CheckedSettings): string[] {
  switch (node.kind) {
    case "source":
      return refusedSource(node, options);
    case "sink":
      return runsOnFlink(node.sink) ? [] : [`the sink "${node.name}" (${node.sink.description})`];
    case "operator":
      return [];
  }
}

function runsOnFlink(sink: SinkNode["sink"]): boolean {
  return sink instanceof TopicSink || sink instanceof PrintSink || sink instanceof FunctionSink;
}

function refusedSource({ name, source }: SourceNode, { bounded }: CheckedSettings): string[] {
  if (isNumbered(source)) {
    const endless = bounded && source.numbers.end === Number.POSITIVE_INFINITY;
    return endless ? [`the source "${name}" (${source.description}) in a bounded run: give it a count`] : [];
  }
  if (source instanceof TopicSource) return [];
  return [`the source "${name}" (${source.description}): topics, collections, sequences and generators are read`];
}
