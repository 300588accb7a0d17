/** What a job's last commit has of one key, and which keys there are. */
import { entriesOf, isOfWindows, type KeyId, keyIdOf, type TimerKind } from "../engine/internal.ts";
import type { Json } from "../engine/mod.ts";
import { type Entries, shapeOf, stateEntriesOf, statesOf, valueOf } from "./commit.ts";
import { keyNamed, type StateValue, stateValues } from "./state_values.ts";

/** A window of a key that is open, or a timer of it. */
export interface KeyTimer {
  /** Uid of the operator. */
  readonly operator: string;
  readonly kind: TimerKind;
  /** The window as its state names it, "start:end" in ms; left out of a timer. */
  readonly window?: string;
  /** When it comes due, ms. */
  readonly timeMs: number;
  /** What the window holds; left out where that is in a state of its own. */
  readonly contents?: Json;
}

/** All that a commit has of a key. */
export interface KeyState {
  readonly states:
    readonly (StateValue & { readonly operator: string; readonly state: string; readonly kind: string })[];
  readonly timers: readonly KeyTimer[];
}

/** A key and how many values it has. */
export interface KeyRow {
  readonly key: Json;
  /** As a person writes it. */
  readonly text: string;
  readonly operators: readonly string[];
}

/** What the key has in each operator. @param key its text or JSON */
export function stateOfKey(job: string, entries: Entries, key: string): KeyState {
  const isWanted = keyNamed(key);
  const described = statesOf(entries);
  const states = described.filter((state) => !isOfWindows(state)).flatMap(({ uid, state, kind }) =>
    [...stateValues(job, entries, { operator: uid, state, key })]
      .map((value) => ({ operator: uid, state, kind, ...value }))
  );
  const timers: KeyTimer[] = [];
  for (const { uid, state, kind } of described) {
    if (!isOfWindows({ kind })) continue;
    const shape = shapeOf(entries, uid, state);
    for (const entry of stateEntriesOf(entries, uid, state)) {
      if (!isWanted(entry.key)) continue;
      const { timeMs, value } = valueOf(shape, entry);
      timers.push({
        operator: uid,
        kind: "timer",
        window: entry.namespace,
        timeMs: timeMs!,
        ...value !== undefined && { contents: value as Json },
      });
    }
  }
  for (const kind of ["timer", "processing-timer"] as const) {
    for (const [{ uid, timeMs, namespace, key }] of entriesOf(entries, kind)) {
      if (!isWanted(key)) continue;
      timers.push({ operator: uid, kind, timeMs, ...namespace !== "" && { window: namespace } });
    }
  }
  return { states, timers: timers.sort((a, b) => a.timeMs - b.timeMs) };
}

/** Keys whose text begins with `prefix`, in their order. @param limit so many at most */
export function keysOf(entries: Entries, prefix: string, limit: number): { keys: KeyRow[]; total: number } {
  const found = new Map<KeyId, { key: Json; text: string; operators: Set<string> }>();
  const note = (uid: string, key: Json) => {
    const text = keyText(key);
    if (!text.startsWith(prefix)) return;
    const id = keyIdOf("a state", key);
    const row = found.get(id) ?? { key, text, operators: new Set() };
    row.operators.add(uid);
    found.set(id, row);
  };
  for (const { uid, key } of stateEntriesOf(entries)) if (key !== null) note(uid, key);
  for (const kind of ["timer", "processing-timer"] as const) {
    for (const [{ uid, key }] of entriesOf(entries, kind)) if (key !== null) note(uid, key);
  }
  const rows = [...found.values()].sort((a, b) => a.text < b.text ? -1 : 1);
  return {
    keys: rows.slice(0, limit).map(({ key, text, operators }) => ({ key, text, operators: [...operators].sort() })),
    total: rows.length,
  };
}

/** A key as a person writes it: a text without quotes. */
export function keyText(key: Json): string {
  return typeof key === "string" ? key : JSON.stringify(key);
}
