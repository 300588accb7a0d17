/** A stage as a graph of its own, which the engine wires and runs as it does a whole job. */
import type { TopicSource } from "../../connectors/source.ts";
import { WatermarkStrategy } from "../../engine/mod.ts";
import type { NodeInput, OperatorNode, SinkNode, SourceNode, StreamGraph, StreamNode } from "../../engine/graph.ts";
import { isNumbered } from "../../engine/internal.ts";
import { hasOwnTime, type Stage } from "../stages.ts";
import { outletSink, type OutletTarget } from "./outlet_sinks.ts";
import { PartitionTimes } from "./partition_times.ts";
import { ExchangeRows, MadeRows, type RowSource, TopicRows } from "./row_source.ts";

/** The graph, and where its records are handed in. */
export interface StageGraph {
  readonly graph: StreamGraph;
  /** For each input of the stage's root. */
  readonly inputs: readonly RowSource[];
  /** What makes event time here; undefined where it comes with Flink's watermarks, or there is no event time. */
  readonly times: PartitionTimes | undefined;
}

/**
 * Makes the graph of a stage; what leaves it goes to `target`.
 * @param idleMs of sources whose strategy does not say
 */
export function stageGraph(stage: Stage, target: OutletTarget, idleMs: number): StageGraph {
  const { root, outlets, behindRoot } = stage;
  const copies = new Map<StreamNode, StreamNode>();
  const graph: StreamNode[] = [];
  const inputs: RowSource[] = [];
  let times: PartitionTimes | undefined;
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
    const source = isNumbered(root.source)
      ? new MadeRows(root.source)
      : new TopicRows(root.source as TopicSource<unknown>);
    inputs.push(source);
    // Event time comes with Flink's watermarks, or is made behind it.
    const copy = add<SourceNode>({ ...root, source, strategy: WatermarkStrategy.noWatermarks() });
    copies.set(root, copy);
    if (hasOwnTime(root)) {
      const partition = () => source.place()?.partition ?? 0;
      const made = times = new PartitionTimes({ strategy: root.strategy, idleMs, partition });
      const { name } = root;
      const from = [{ node: copy, tag: undefined }];
      copies.set(
        root,
        add<OperatorNode>({
          kind: "operator",
          name,
          uid: `${root.uid}/times`,
          explicitUid: true,
          operation: "event time",
          inputs: [{ from, keySelector: undefined }],
          create: () => made,
        }),
      );
    }
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
  for (const part of behindRoot) {
    switch (part.kind) {
      case "operator": {
        const inputs = part.inputs.map(inside) as unknown as OperatorNode["inputs"];
        copies.set(part, add<OperatorNode>({ ...part, inputs }));
        break;
      }
      case "own sink":
        add<SinkNode>({ ...part.to, inputs: [inside({ from: part.from, keySelector: undefined })] });
        break;
      default: {
        const index = outlets.indexOf(part);
        const { name, uid, explicitUid } = part.to;
        const sink = outletSink(part, index, target);
        const input = inside({ from: part.from, keySelector: undefined });
        add<SinkNode>({ kind: "sink", name, uid: `${uid}/${index}`, explicitUid, inputs: [input], sink });
      }
    }
  }
  return { graph: { nodes: graph }, inputs, times };
}
