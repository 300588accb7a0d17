import type { Json } from "../../engine/mod.ts";
import { type KeyId, keyIdOf, type StoredWindow } from "../../engine/internal.ts";
import { nearest, UsageError } from "../../utils.ts";
import { type Entries, shapeOf, stateEntriesOf, type StateEntry, statesOf } from "./commit.ts";

/** What is asked for. */
export interface StateQuery {
  /** Uid of the operator. */
  readonly operator: string;
  readonly state: string;
  /** As a person writes it: the text itself, or JSON. Left out: all keys. */
  readonly key?: string | undefined;
  /** Left out: all. */
  readonly namespace?: string | undefined;
}

/**
 * The values of a state as JSON lines `{namespace, key, value}`: of a list with its elements in their order, of a map with
 * its own keys as `[key, value]` in their order. Of a state with TTL `lastUpdateMs` stands beside each value.
 *
 * @throws {UsageError} if the commit knows no such operator or state, with the names that it knows
 */
export function* stateLines(job: string, entries: Entries, query: StateQuery): Generator<string> {
  const { operator, state, key, namespace } = query;
  checkKnown(job, entries, operator, state);
  const { kind, ttl } = shapeOf(entries, operator, state);
  const isWanted = key === undefined ? () => true : matcher(key);
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
    yield `${JSON.stringify({ namespace, key, ...valueOf(group, kind, ttl) })}\n`;
  }
}

function valueOf(group: readonly StateEntry[], kind: string, ttl: boolean): { value: Json; lastUpdateMs?: Json } {
  const parts = group.map(({ part, text }) => {
    const stored = JSON.parse(text) as Json;
    const [place, inner] = kind === "map" || kind === "broadcast"
      ? stored as [number, Json]
      : [part as number, kind === "window" ? (stored as StoredWindow)[2] as Json : stored];
    const [lastUpdateMs, value] = ttl ? inner as [number, Json] : [undefined, inner];
    return { part, place, lastUpdateMs, value };
  });
  if (parts[0]!.part === undefined) {
    const { value, lastUpdateMs } = parts[0]!;
    return { value, ...(lastUpdateMs !== undefined && { lastUpdateMs }) };
  }
  parts.sort((a, b) => a.place - b.place);
  const value = parts.map(({ part, value }) => kind === "list" ? value : [part!, value]);
  return { value, ...(ttl && { lastUpdateMs: parts.map(({ lastUpdateMs }) => lastUpdateMs!) }) };
}

/** Whether a key is meant by a text: it is that text, or the JSON of it. */
function matcher(text: string): (key: Json) => boolean {
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
