/** What two versions of a job are compared by. */
import type { DescribedJob, StateVersions } from "../../engine/internal.ts";
import type { JobShape, NodeShape } from "./protocol.ts";

type Node = DescribedJob["graph"]["nodes"][number];

/**
 * The shape of a described job.
 * @param states kinds and versions of states, by uid
 */
export function shapeOf(
  { graph, options }: Pick<DescribedJob, "graph" | "options">,
  states: ReadonlyMap<string, StateVersions>,
): JobShape {
  return {
    job: options.jobName,
    servesHttp: options.http !== undefined,
    keepsState: options.store !== undefined,
    nodes: graph.nodes.map((node) => nodeShape(node, states.get(node.uid) ?? {})),
  };
}

function nodeShape(node: Node, states: StateVersions): NodeShape {
  const common = { name: node.name, uid: node.uid, dependsOn: {}, code: "", states };
  switch (node.kind) {
    case "source": {
      const { source, strategy } = node;
      const assigner = strategy.timestampAssigner === undefined ? "" : String(strategy.timestampAssigner);
      return {
        ...common,
        operation: "source",
        inputs: "",
        endpoint: source.description,
        strategy: strategy.description,
        code: assigner,
      };
    }
    case "sink":
      return { ...common, operation: "sink", inputs: inputsOf(node), endpoint: node.sink.description };
    case "operator": {
      const operator = node.create();
      return {
        ...common,
        operation: node.operation,
        inputs: inputsOf(node),
        dependsOn: operator.compatibility?.() ?? {},
        code: codeOf(operator.userFunction),
      };
    }
  }
}

function inputsOf({ inputs }: Exclude<Node, { kind: "source" }>): string {
  return inputs.map(({ from, keySelector }) => {
    const streams = from.map(({ node, tag }) => tag === undefined ? node.name : `${node.name}[${tag.id}]`).join(" ∪ ");
    return keySelector === undefined ? streams : `${streams}, by key`;
  }).join(" ⋈ ");
}

/** The text of a function; of an object with methods, that of its class. */
function codeOf(fn: unknown): string {
  if (fn === undefined) return "";
  if (typeof fn === "function") return String(fn);
  const { constructor } = fn as { readonly constructor: unknown };
  return constructor === Object ? Object.values(fn as object).map(String).join("\n") : String(constructor);
}
