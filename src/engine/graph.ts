import type { KeySelector } from "./functions/functions.ts";
import type { Operator, TwoInputOperator } from "./operators/operator.ts";
import type { OutputTag } from "./side_output.ts";
import type { Sink } from "./sink.ts";
import type { Source } from "./source.ts";
import type { WatermarkStrategy } from "./time/watermark_strategy.ts";

/**
 * The described job: what runs, not how. Streams of several types meet here, so values are `unknown`; the API keeps them
 * apart by type.
 */
export interface StreamGraph {
  /** In the order of description, so every node comes after its inputs. */
  readonly nodes: readonly StreamNode[];
}

interface NodeBase {
  /** Its name in messages; `name()` sets it. */
  name: string;
  /** Identifies the node's state over restarts; `uid()` sets it, else it is made of kind and position. */
  uid: string;
  /** Whether `uid()` was called. */
  explicitUid: boolean;
}

/** Where records come from. */
export interface SourceNode extends NodeBase {
  readonly kind: "source";
  readonly source: Source<unknown>;
  readonly strategy: WatermarkStrategy<unknown>;
}

/** Turns records into others. */
export interface OperatorNode extends NodeBase {
  readonly kind: "operator";
  /** For explain: "map", "window reduce". */
  readonly operation: string;
  /** One, or two of different types. */
  readonly inputs: readonly [NodeInput] | readonly [NodeInput, NodeInput];
  /** Whether its one input is the union of two streams, as in a window join. */
  readonly pairs?: boolean;
  /** Makes a new operator for each attempt of the job, so that nothing is left of a failed attempt. */
  readonly create: () => Operator<unknown, unknown> | TwoInputOperator<unknown, unknown, unknown>;
}

/** Where records go. */
export interface SinkNode extends NodeBase {
  readonly kind: "sink";
  readonly inputs: readonly [NodeInput];
  readonly sink: Sink<unknown>;
}

/** Any node. */
export type StreamNode = SourceNode | OperatorNode | SinkNode;

/** An edge, or several of one type (a union). */
export interface NodeInput {
  readonly from: readonly Outlet[];
  /** Set if the stream is keyed. */
  readonly keySelector: KeySelector<unknown, unknown> | undefined;
  /** Whether every instance of the operator must see every record, not only those of its keys. */
  readonly broadcast?: boolean;
}

/** An output of a node. */
export interface Outlet {
  readonly node: StreamNode;
  /** The tag of a side output; undefined: the main output. */
  readonly tag: OutputTag<unknown> | undefined;
}

/** The inputs of a node; a source has none. */
export function inputsOf(node: StreamNode): readonly NodeInput[] {
  return node.kind === "source" ? [] : node.inputs;
}

/** The nodes right above a node. */
export function nodesAbove(node: StreamNode): readonly StreamNode[] {
  return inputsOf(node).flatMap(({ from }) => from.map(({ node }) => node));
}

/** The topics that the sources of a job read, each once. */
export function topicsOf({ nodes }: StreamGraph): string[] {
  return [...new Set(nodes.flatMap((node) => node.kind === "source" ? node.source.topics ?? [] : []))];
}
