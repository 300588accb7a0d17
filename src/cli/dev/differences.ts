/** What a new version of a job changes, in words. */
import { parseShape, type StoredShape } from "../../engine/internal.ts";
import type { JobShape, NodeShape } from "./protocol.ts";

/** Each change of the graph and of what is kept, as a sentence; empty if there is no change to be seen. */
export function differencesOf(before: JobShape, after: JobShape): string[] {
  const old = new Map(before.nodes.map((node) => [node.uid, node]));
  const now = new Map(after.nodes.map((node) => [node.uid, node]));
  const gone = before.nodes.filter(({ uid }) => !now.has(uid));
  const added = after.nodes.filter(({ uid }) => !old.has(uid));
  const renamed = pairsOf(gone, added);
  const newNames = new Map(renamed.map(([was, is]) => [was.name, is.name]));
  return [
    ...renamed.map(([was, is]) => `${title(was)} is now named "${is.name}"`),
    ...gone.filter((node) => !renamed.some(([was]) => was === node)).map((node) => `${title(node)} is gone`),
    ...added.filter((node) => !renamed.some(([, is]) => is === node)).map((node) =>
      `${title(node)} is new${node.inputs === "" ? "" : `, behind ${node.inputs}`}`
    ),
    ...after.nodes.flatMap((node) => {
      const was = old.get(node.uid);
      return was === undefined ? [] : changesOf(was, node, newNames);
    }),
    ...renamed.flatMap(([was, is]) => changesOf({ ...was, name: is.name }, is, newNames)),
  ];
}

/** Operators under another name: the only one of its operation that is gone, and the only one that is new, of the same function. */
function pairsOf(gone: readonly NodeShape[], added: readonly NodeShape[]): [NodeShape, NodeShape][] {
  return gone.flatMap((was): [NodeShape, NodeShape][] => {
    const isLike = (other: NodeShape) => other.operation === was.operation && other.code === was.code;
    const [is, ...more] = added.filter(isLike);
    return is === undefined || more.length > 0 || gone.filter(isLike).length > 1 ? [] : [[was, is]];
  });
}

function changesOf(was: NodeShape, is: NodeShape, newNames: ReadonlyMap<string, string>): string[] {
  const changes: string[] = [];
  const changed = (what: string, from: string, to: string) => {
    if (from !== to) changes.push(`${what} ${to === "" ? "no more" : to}, before ${from === "" ? "nothing" : from}`);
  };
  if (was.operation !== is.operation) changes.push(`${title(was)} is now a ${is.operation}`);
  if (was.name !== is.name) changes.push(`${title(was)} is now named "${is.name}"`);
  if (readsFrom(was.inputs, newNames) !== is.inputs) {
    changes.push(`${title(is)} reads from ${is.inputs}, before from ${was.inputs}`);
  }
  changed(`${title(is)} ${is.operation === "sink" ? "writes" : "reads"}`, was.endpoint ?? "", is.endpoint ?? "");
  changed(`the watermarks of ${title(is)} are`, was.strategy ?? "", is.strategy ?? "");
  for (const name of new Set([...Object.keys(was.dependsOn), ...Object.keys(is.dependsOn)])) {
    changed(`the ${name} of ${title(is)} is`, was.dependsOn[name] ?? "", is.dependsOn[name] ?? "");
  }
  for (const [state, shape] of Object.entries(is.states)) {
    const stored = was.states[state];
    // A state that nobody had asked for is not known of the version before: of the same function it was there.
    if (stored === shape || (stored === undefined && was.code === is.code)) continue;
    changes.push(
      stored === undefined
        ? `state "${state}" of "${is.name}" is new`
        : `state "${state}" of "${is.name}" is ${describe(shape)}, before ${describe(stored)}`,
    );
  }
  if (was.code !== is.code) changes.push(`the function of ${title(is)} has changed`);
  return changes;
}

/** The inputs of a node, with names that operators have by now. */
function readsFrom(inputs: string, newNames: ReadonlyMap<string, string>): string {
  return inputs.split(/( ∪ | ⋈ |, by key|\[)/).map((part) => newNames.get(part) ?? part).join("");
}

function title({ operation, name }: NodeShape): string {
  return operation === name ? operation : `${operation} "${name}"`;
}

function describe(stored: StoredShape): string {
  const { kind, version, ttl } = parseShape(stored);
  return `${kind === "value" ? "" : `a ${kind} of `}version ${version}${ttl ? " with a time to live" : ""}`;
}
