import { graphlib, layout } from "@dagrejs/dagre";
import type { AttemptStatus } from "../../../engine/mod.ts";

/** The size of a node, px. */
export const NODE = { width: 188, height: 100 } as const;

/** Where the parts of a graph stand, px. */
export interface GraphLayout {
  readonly width: number;
  readonly height: number;
  /** The upper left of each node, by uid. */
  readonly nodes: ReadonlyMap<string, { readonly x: number; readonly y: number }>;
  readonly edges: readonly EdgeLayout[];
}

/** A way from node to node. */
export interface EdgeLayout {
  readonly from: string;
  readonly to: string;
  /** For the attribute `d` of a path. */
  readonly path: string;
  /** "by key", "broadcast", the name of a side output; empty if there is nothing to be known of it. */
  readonly label: string;
  readonly labelX: number;
  readonly labelY: number;
}

/** Finds places for nodes and edges. @param upright from top to bottom, for narrow screens */
export function layOut({ nodes, edges }: Pick<AttemptStatus, "nodes" | "edges">, upright: boolean): GraphLayout {
  const graph = new graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: upright ? "TB" : "LR", nodesep: 22, ranksep: upright ? 34 : 38, marginx: 2, marginy: 2 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { uid } of nodes) graph.setNode(uid, { ...NODE });
  edges.forEach((edge, index) => {
    const label = labelOf(edge);
    graph.setEdge(
      edge.from,
      edge.to,
      label === "" ? {} : { width: label.length * 6.4 + 10, height: 16, labelpos: "c" },
      `${index}`,
    );
  });
  layout(graph);
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  return {
    width,
    height,
    nodes: new Map(nodes.map(({ uid }) => {
      const { x, y } = graph.node(uid) as { x: number; y: number };
      return [uid, { x: x - NODE.width / 2, y: y - NODE.height / 2 }];
    })),
    edges: edges.map((edge, index) => {
      const { points, x, y } = graph.edge(edge.from, edge.to, `${index}`) as unknown as {
        points: readonly { x: number; y: number }[];
        x?: number;
        y?: number;
      };
      return {
        from: edge.from,
        to: edge.to,
        path: curve(points),
        label: labelOf(edge),
        labelX: x ?? 0,
        labelY: y ?? 0,
      };
    }),
  };
}

function labelOf({ keyed, broadcast, tag }: AttemptStatus["edges"][number]): string {
  return [
    ...tag === undefined ? [] : [tag.length > 24 ? `${tag.slice(0, 23)}…` : tag],
    ...keyed ? ["by key"] : [],
    ...broadcast ? ["broadcast"] : [],
  ]
    .join(", ");
}

/** Through the middles between the points, so that corners are round. */
function curve(points: readonly { x: number; y: number }[]): string {
  const [first, ...rest] = points;
  const last = rest.at(-1)!;
  const middles = rest.slice(0, -1).map((point, i) => {
    const next = rest[i + 1]!;
    return `Q${point.x},${point.y} ${(point.x + next.x) / 2},${(point.y + next.y) / 2}`;
  });
  return `M${first!.x},${first!.y} ${middles.join(" ")} L${last.x},${last.y}`;
}
