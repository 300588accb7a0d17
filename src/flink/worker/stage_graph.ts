/** A stage as a graph of its own, which the engine wires and runs as it does a whole job. */
import type { TopicSource } from "../../connectors/source.ts";
import { WatermarkStrategy } from "../../engine/mod.ts";
import type { NodeInput, OperatorNode, SinkNode, SourceNode, StreamGraph, StreamNode } from "../../engine/graph.ts";
import type { Stage } from "../stages.ts";
import { outletSink, type OutletTarget } from "./outlet_sinks.ts";
import { ExchangeRows, type RowSource, TopicRows } from "./row_source.ts";

/** The graph, and where its records are handed in. */
export interface StageGraph {
  readonly graph: StreamGraph;
  /** For each input of the stage's root. */
  readonly inputs: readonly RowSource[];
}

/** Makes the graph of a stage; what leaves it goes to `target`. */
export function stageGraph(stage: Stage, target: OutletTarget): StageGraph {
  const { root, nodes, outlets, ownSinks } = stage;
  const copies = new Map<StreamNode, StreamNode>();
  const graph: StreamNode[] = [];
  const inputs: RowSource[] = [];
  const add = <N extends StreamNode>(node: N): N => {
    graph.push(node);
    return node;
  };
  const inside = (input: NodeInput): NodeInput => ({
    ...input,
    from: input.from.flatMap(({ node, tag }) => {
      const copy = copies.get(node);
      return copy === undefined ? [] : [{ node: copy, tag }];
    }),
  });

  if (root.kind === "source") {
    const source = new TopicRows(root.source as TopicSource<unknown>);
    inputs.push(source);
    // Event time comes with Flink's watermarks.
    copies.set(root, add<SourceNode>({ ...root, source, strategy: WatermarkStrategy.noWatermarks() }));
  } else {
    const sources = root.inputs.map((input, index): NodeInput => {
      const source = new ExchangeRows();
      inputs.push(source);
      const name = `${root.name}_input_${index + 1}`;
      const strategy = WatermarkStrategy.noWatermarks();
      const node = add<SourceNode>({ kind: "source", name, uid: name, explicitUid: true, source, strategy });
      return { ...input, from: [{ node, tag: undefined }] };
    });
    copies.set(root, add<OperatorNode>({ ...root, inputs: sources as unknown as OperatorNode["inputs"] }));
  }
  for (const node of nodes) {
    if (node === root || node.kind !== "operator") continue;
    copies.set(
      node,
      add<OperatorNode>({ ...node, inputs: node.inputs.map(inside) as unknown as OperatorNode["inputs"] }),
    );
  }
  for (const [index, outlet] of outlets.entries()) {
    const { name, uid, explicitUid } = outlet.to;
    const sink = outletSink(outlet, index, target);
    const input = inside({ from: outlet.from, keySelector: undefined });
    add<SinkNode>({ kind: "sink", name, uid: `${uid}/${index}`, explicitUid, inputs: [input], sink });
  }
  for (const { to, from } of ownSinks) {
    add<SinkNode>({ ...to, inputs: [inside({ from, keySelector: undefined })] });
  }
  return { graph: { nodes: graph }, inputs };
}
