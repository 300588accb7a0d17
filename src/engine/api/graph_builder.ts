import { JobError } from "../errors.ts";
import type { StreamGraph, StreamNode } from "../graph.ts";

/** Collects the nodes of a job while it is described. */
export class GraphBuilder {
  readonly #nodes: StreamNode[] = [];
  readonly #counts = new Map<string, number>();
  readonly #functions = new Set<unknown>();

  /** Adds a node, named after its operation until `name()` and `uid()` are called. */
  add<N extends StreamNode>(node: Omit<N, "name" | "uid" | "explicitUid">, label: string): N {
    const count = (this.#counts.get(label) ?? 0) + 1;
    this.#counts.set(label, count);
    const added = { ...node, name: label, uid: `${label}-${count}`, explicitUid: false } as unknown as N;
    this.#nodes.push(added);
    return added;
  }

  /**
   * Notes that a function with an `open()` is used by an operator.
   * @throws {TypeError} if another operator uses it: both would open the same object, and each would use the other's state. (In
   *   Flink each operator has a copy.)
   */
  claim(method: string, fn: { readonly open?: unknown }): void {
    if (fn.open === undefined) return;
    if (this.#functions.has(fn)) {
      throw new TypeError(
        `Cannot describe ${method}(): its function serves another operator, and both would open it; make one for each`,
      );
    }
    this.#functions.add(fn);
  }

  /** @throws {JobError} if the job does nothing or two nodes have one uid */
  build(): StreamGraph {
    if (!this.#nodes.some(({ kind }) => kind === "sink")) {
      throw new JobError("Cannot execute a job without a sink: call sinkTo(), print() or executeAndCollect()");
    }
    const uids = new Set<string>();
    for (const { uid } of this.#nodes) {
      if (uids.has(uid)) {
        throw new JobError(`Cannot execute a job with two operators of uid "${uid}": give one of them another uid()`);
      }
      uids.add(uid);
    }
    return { nodes: [...this.#nodes] };
  }

  get nodes(): readonly StreamNode[] {
    return this.#nodes;
  }
}

/** Sets the name of a node, and its uid unless that was set by itself. */
export function setName(node: StreamNode, name: string): void {
  if (name === "") throw new TypeError("Cannot name an operator with an empty text");
  node.name = name;
  if (!node.explicitUid) node.uid = name;
  for (const [side, tagging] of sidesOf(node)) setName(tagging, `${name}, ${side}`);
}

/** Sets the uid of a node, independently of its name. */
export function setUid(node: StreamNode, uid: string): void {
  if (uid === "") throw new TypeError("Cannot set the uid of an operator to an empty text");
  node.uid = uid;
  node.explicitUid = true;
  for (const [side, tagging] of sidesOf(node)) setUid(tagging, `${uid}, ${side}`);
}

/** The operators that tag the two streams of a window join, which are named after it. */
function sidesOf(node: StreamNode): readonly (readonly [side: "left" | "right", tagging: StreamNode])[] {
  if (node.kind !== "operator" || !node.pairs) return [];
  const [left, right] = node.inputs[0].from;
  return [["left", left!.node], ["right", right!.node]];
}
