import type { NodeInput, StreamGraph, StreamNode } from "../graph.ts";

/**
 * The job as text, one node on each line, each below the nodes that it reads from:
 *
 *     source  skyone_source    topic "skyone", no watermarks
 *       map   map              ← skyone_source
 */
export function explain(graph: StreamGraph): string {
  const rows = graph.nodes.map((node) => [kindOf(node), node.name, detailsOf(node)] as const);
  const width = (column: 0 | 1) => Math.max(...rows.map((row) => row[column].length));
  const [kinds, names] = [width(0), width(1)];
  return rows.map(([kind, name, details]) => `${kind.padEnd(kinds)}  ${name.padEnd(names)}  ${details}`.trimEnd()).join(
    "\n",
  );
}

function kindOf(node: StreamNode): string {
  return node.kind === "operator" ? node.operation : node.kind;
}

function detailsOf(node: StreamNode): string {
  if (node.kind === "source") return `${node.source.description}, ${node.strategy.description}`;
  const edges = `← ${node.inputs.map(describeInput).join(" ⋈ ")}`;
  if (node.kind === "sink") return `${edges}; into ${node.sink.description}`;
  const compatibility = Object.values(node.create().compatibility?.() ?? {});
  return compatibility.length === 0 ? edges : `${edges}; ${compatibility.join(", ")}`;
}

function describeInput({ from, keySelector, broadcast }: NodeInput): string {
  const streams = from.map(({ node, tag }) => (tag === undefined ? node.name : `${node.name}[${tag.id}]`)).join(" ∪ ");
  return `${streams}${keySelector === undefined ? "" : ", by key"}${broadcast ? ", broadcast" : ""}`;
}
