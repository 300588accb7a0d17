import { type KeyId, keyIdOf, type ParsedShape } from "../engine/internal.ts";
import type { Json } from "../engine/mod.ts";
import { nearest, UsageError } from "../utils.ts";
import { type Entries, shapeOf, stateEntriesOf, type StateEntry, statesOf, valueOf } from "./commit.ts";

/** Which values are wanted. */
export interface StateQuery {
  /** Uid of the operator. */
  readonly operator: string;
  readonly state: string;
  /** As a person writes it: the text itself, or JSON. Left out: all keys. */
  readonly key?: string | undefined;
  /** Left out: all. */
  readonly namespace?: string | undefined;
}

/** What one key has in a state. */
export interface StateValue {
  /** Of a window: its start and end; "" of what belongs to no window. */
  readonly namespace: string;
  readonly key: Json;
  /** Of a list its elements in their order, of a map `[key, value]` in their order. */
  readonly value: Json;
  /** Of a state with TTL: when each value was written, ms. */
  readonly lastUpdateMs?: Json;
}

/**
 * The values of a state, in the order of namespaces and keys.
 * @throws {UsageError} if the commit knows no such operator or state, with the names that it knows
 */
export function* stateValues(job: string, entries: Entries, query: StateQuery): Generator<StateValue> {
  const { operator, state, key, namespace } = query;
  checkKnown(job, entries, operator, state);
  const shape = shapeOf(entries, operator, state);
  const isWanted = key === undefined ? () => true : keyNamed(key);
  const groups = new Map<string, StateEntry[]>();
  for (const entry of stateEntriesOf(entries, operator, state)) {
    if (namespace !== undefined && entry.namespace !== namespace) continue;
    if (!isWanted(entry.key)) continue;
    const id = JSON.stringify([entry.namespace, entry.key]);
    const group = groups.get(id);
    if (group === undefined) groups.set(id, [entry]);
    else group.push(entry);
  }
  for (const id of [...groups.keys()].sort()) {
    const group = groups.get(id)!;
    const [{ namespace, key }] = group as [StateEntry];
    yield { namespace, key, ...groupValue(group, shape) };
  }
}

/** What a key has: a value, or all that its list or map holds, in order. */
function groupValue(group: readonly StateEntry[], shape: ParsedShape): { value: Json; lastUpdateMs?: Json } {
  const parts = group.map((entry) => ({ part: entry.part, ...valueOf(shape, entry) })).sort((a, b) =>
    a.order - b.order
  );
  const [{ part, value, lastUpdateMs }] = parts as [typeof parts[0]];
  if (part === undefined) return { value: value as Json, ...(lastUpdateMs !== undefined && { lastUpdateMs }) };
  return {
    value: parts.map(({ part, value }) => shape.kind === "list" ? value as Json : [part!, value as Json]),
    ...(shape.ttl && { lastUpdateMs: parts.map(({ lastUpdateMs }) => lastUpdateMs!) }),
  };
}

/** Whether a text names a key: it is that text, or the JSON of it. */
export function keyNamed(text: string): (key: Json) => boolean {
  const wanted = new Set<KeyId>([keyIdOf("a state", text)]);
  try {
    wanted.add(keyIdOf("a state", JSON.parse(text)));
  } catch {
    // It is no JSON, so it can only be the text itself.
  }
  return (key) => wanted.has(keyIdOf("a state", key));
}

function checkKnown(job: string, entries: Entries, operator: string, state: string): void {
  const states = statesOf(entries);
  const operators = [...new Set(states.map(({ uid }) => uid))];
  if (!operators.includes(operator)) {
    throw new UsageError(`Job "${job}" has no state of an operator "${operator}": ${meant(operator, operators)}`);
  }
  const names = states.filter(({ uid }) => uid === operator).map((each) => each.state);
  if (!names.includes(state)) {
    throw new UsageError(`Operator "${operator}" of job "${job}" has no state "${state}": ${meant(state, names)}`);
  }
}

function meant(name: string, names: readonly string[]): string {
  const [near] = nearest(name, names);
  if (near !== undefined) return `did you mean "${near}"?`;
  return names.length === 0 ? "it has no state at all" : `there are ${names.map((each) => `"${each}"`).join(", ")}`;
}
