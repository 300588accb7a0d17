import type { KeySelector } from "./operators/functions.ts";
import type { Operator } from "./operators/operator.ts";
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
  /** Shown to people; `name()` sets it. */
  name: string;
  /** Names the node's state over restarts; `uid()` sets it, else it is made of kind and position. */
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
  readonly input: NodeInput;
  /** A new operator for each attempt of the job: none keeps anything from a failed one. */
  readonly create: () => Operator<unknown, unknown>;
}

/** Where records go. */
export interface SinkNode extends NodeBase {
  readonly kind: "sink";
  readonly input: NodeInput;
  readonly sink: Sink<unknown>;
}

/** Any node. */
export type StreamNode = SourceNode | OperatorNode | SinkNode;

/** An edge, or several of one type (a union). */
export interface NodeInput {
  readonly from: readonly StreamNode[];
  /** Set if the stream is keyed. */
  readonly keySelector: KeySelector<unknown, unknown> | undefined;
}
