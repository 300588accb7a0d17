/** Where a job begins that has no commit yet, in words. */
import { nodesAbove, type OperatorNode, type SourceNode, type StreamGraph, type StreamNode } from "../graph.ts";
import { formatTime } from "../record.ts";
import type { StartingPoint } from "../source.ts";

/** "behind the newest records": the job's place, and those of sources that have one of their own. */
export function describeStart(graph: StreamGraph, from: StartingPoint): string {
  const own = graph.nodes
    .filter((node) => node.kind === "source")
    .filter(({ source }) => source.from !== undefined && source.from !== from)
    .map(({ name, source }) => `"${name}" ${describeFrom(source.from!)}`);
  return [describeFrom(from), ...own].join(", ");
}

/**
 * The warning of a job that takes two streams together and begins both somewhere in the middle: what one of them would find in
 * the other may lie before. Undefined where there is nothing to warn of.
 */
export function warnOfMiddle(graph: StreamGraph, from: StartingPoint): string | undefined {
  const operators = graph.nodes
    .filter((node) => node.kind === "operator")
    .filter((node) => sidesOf(node).length === 2 && sidesOf(node).every((side) => inTheMiddle(side, from).length > 0));
  if (operators.length === 0) return undefined;
  const sources = new Set(operators.flatMap((node) => sidesOf(node).flatMap((side) => inTheMiddle(side, from))));
  const places = [...sources].map(({ name, source }) => `"${name}" ${describeFrom(source.from ?? from)}`);
  const names = operators.map(({ name }) => `"${name}"`).join(" and ");
  return `${names} ${operators.length === 1 ? "takes" : "take"} two streams together that both begin in the middle, ` +
    `${places.join(", ")}: what lies before is not found; give the source that is looked up { from: "earliest" }, ` +
    "or start with --reset --from earliest";
}

/** The two streams that an operator takes together; none for an operator with one. */
function sidesOf(node: OperatorNode): readonly (readonly StreamNode[])[] {
  if (node.inputs.length === 2) return node.inputs.map(({ from }) => from.map(({ node }) => node));
  return node.pairs ? node.inputs[0].from.map(({ node }) => [node]) : [];
}

/** The sources above that do not begin at their beginning. Those that know no other place are not among them. */
function inTheMiddle(nodes: readonly StreamNode[], from: StartingPoint): SourceNode[] {
  return nodes.flatMap((node) => {
    if (node.kind !== "source") return inTheMiddle(nodesAbove(node), from);
    const { source } = node;
    const begins = source.from ?? (source.topics === undefined ? "earliest" : from);
    return begins === "earliest" ? [] : [node];
  });
}

function describeFrom(from: StartingPoint): string {
  if (from === "earliest") return "at the oldest records";
  return from === "latest" ? "behind the newest records" : `at records of ${formatTime(from)}`;
}
