/** A job's commit as a person asks about it; `engine/runtime/snapshot.ts` says what the entries are. */
import type { Json } from "../../engine/mod.ts";
import {
  CommitEntryError,
  JOB_ENTRY,
  type JobRecord,
  type SplitRecord,
  type StoredWindow,
  type TimerKind,
} from "../../engine/internal.ts";

/** Entries as the store has them. */
export type Entries = ReadonlyMap<string, string>;

/** Position of a split. */
export interface SplitEntry extends SplitRecord {
  /** Uid of the source. */
  readonly source: string;
  /** Id of the split: "skyone-3". */
  readonly split: string;
}

/** One entry of a state. */
export interface StateEntry {
  readonly uid: string;
  readonly state: string;
  readonly namespace: string;
  readonly key: Json;
  /** Left out if the state has one entry per key; else a map's own key, or the place of an element of a list. */
  readonly part?: Json;
  /** The text that is stored. */
  readonly text: string;
  /** Of the entry's name and text, UTF-8. */
  readonly bytes: number;
}

/** Kind and version of a state, as the job describes it. */
export interface Shape {
  /** "value", "list", "map", …; "?" if the commit does not say */
  readonly kind: string;
  readonly version: string;
  /** Whether its values carry the time of their last update. */
  readonly ttl: boolean;
}

/** All entries of one state, counted. */
export interface StateSummary extends Shape {
  readonly uid: string;
  readonly state: string;
  /** Keys and namespaces together: what has a value of its own. */
  readonly keys: number;
  readonly entries: number;
  readonly bytes: number;
}

/** Timers of one operator, counted. */
export interface TimerSummary {
  readonly uid: string;
  readonly kind: TimerKind;
  readonly count: number;
  /** The first to fire, ms since the Unix epoch. */
  readonly nextMs: number;
}

const encoder = new TextEncoder();

/** Those that are JSON, as all are that jobs have written. */
export function readableOf(entries: Entries): Entries {
  return new Map([...entries].filter(([entry, text]) => isJson(entry) && isJson(text)));
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** @throws {CommitEntryError} naming the entry, if its name or text is damaged */
function parse<T>(part: string, [entry, text]: readonly [entry: string, text: string]): T {
  try {
    return JSON.parse(part) as T;
  } catch {
    throw new CommitEntryError(entry, text);
  }
}

/** The entry of the job itself; undefined if there is no commit. */
export function jobRecordOf(entries: Entries): JobRecord | undefined {
  const text = entries.get(JOB_ENTRY);
  return text === undefined ? undefined : parse(text, [JOB_ENTRY, text]);
}

/** Positions, by source and split. */
export function splitsOf(entries: Entries): SplitEntry[] {
  const found: SplitEntry[] = [];
  for (const [entry, text] of entries) {
    if (!entry.startsWith('["split",')) continue;
    const [, source, split] = parse<[string, string, string]>(entry, [entry, text]);
    found.push({ source, split, ...parse<SplitRecord>(text, [entry, text]) });
  }
  return found.sort((a, b) =>
    compare(a.source, b.source) || a.split.localeCompare(b.split, "en", { numeric: true }) || compare(a.split, b.split)
  );
}

/** The partition that a split is, if its position is an offset: by its id and position alone. */
export function partitionOf({ split, position }: SplitEntry): { topic: string; partition: number } | undefined {
  const match = /^(.+)-(\d+)$/.exec(split);
  if (match === null || !Number.isSafeInteger(position)) return undefined;
  return { topic: match[1]!, partition: Number(match[2]) };
}

/** Entries of states, as the store has them; those of one operator or state only if asked so. */
export function* stateEntriesOf(entries: Entries, uid?: string, state?: string): Generator<StateEntry> {
  const names = uid === undefined ? [] : state === undefined ? [uid] : [uid, state];
  const begin = ["state", ...names].map((name) => JSON.stringify(name)).join(",");
  for (const [entry, text] of entries) {
    if (!entry.startsWith(`[${begin},`)) continue;
    const [, uid, state, namespace, key, part] = parse<[string, string, string, string, Json, Json?]>(entry, [
      entry,
      text,
    ]);
    const bytes = encoder.encode(entry).length + encoder.encode(text).length;
    yield { uid, state, namespace, key, text, bytes, ...(part !== undefined && { part }) };
  }
}

/** States by operator and name, those that are described but empty included. */
export function statesOf(entries: Entries): StateSummary[] {
  const versions = jobRecordOf(entries)?.versions ?? {};
  const found = new Map<string, { uid: string; state: string; keys: Set<string>; entries: number; bytes: number }>();
  const get = (uid: string, state: string) => {
    const id = JSON.stringify([uid, state]);
    const known = found.get(id) ?? { uid, state, keys: new Set(), entries: 0, bytes: 0 };
    found.set(id, known);
    return known;
  };
  for (const [uid, states] of Object.entries(versions)) for (const state of Object.keys(states)) get(uid, state);
  for (const { uid, state, namespace, key, bytes } of stateEntriesOf(entries)) {
    const summary = get(uid, state);
    summary.keys.add(JSON.stringify([namespace, key]));
    summary.entries++;
    summary.bytes += bytes;
  }
  return [...found.values()]
    .map((each) => ({ ...each, ...shapeOf(entries, each.uid, each.state), keys: each.keys.size }))
    .sort((a, b) => compare(a.uid, b.uid) || compare(a.state, b.state));
}

/** How a state is described. */
export function shapeOf(entries: Entries, uid: string, state: string): Shape {
  const states = jobRecordOf(entries)?.versions[uid];
  const stored = states !== undefined && Object.hasOwn(states, state) ? states[state] : undefined;
  if (stored === undefined) return { kind: "?", version: "?", ttl: false };
  if (typeof stored === "number") return { kind: "value", version: String(stored), ttl: false };
  const [kind = "?", version = "?", ttl] = stored.split(" ");
  return { kind, version, ttl: ttl !== undefined };
}

/** Timers by operator and kind, those of open windows included. */
export function timersOf(entries: Entries): TimerSummary[] {
  return summaryOf([...singleTimers(entries), ...windowTimers(entries)]);
}

/** Likewise, those alone that have an entry of their own. */
export function singleTimersOf(entries: Entries): TimerSummary[] {
  return summaryOf([...singleTimers(entries)]);
}

type TimerEntry = readonly [kind: TimerKind, uid: string, timeMs: number];

function* singleTimers(entries: Entries): Generator<TimerEntry> {
  for (const [entry, text] of entries) {
    if (!entry.startsWith('["timer",') && !entry.startsWith('["processing-timer",')) continue;
    yield parse<TimerEntry>(entry, [entry, text]);
  }
}

function* windowTimers(entries: Entries): Generator<TimerEntry> {
  for (const [uid, states] of Object.entries(jobRecordOf(entries)?.versions ?? {})) {
    for (const state of Object.keys(states)) {
      if (shapeOf(entries, uid, state).kind !== "window") continue;
      for (const { text } of stateEntriesOf(entries, uid, state)) {
        yield ["timer", uid, (JSON.parse(text) as StoredWindow)[0]];
      }
    }
  }
}

function summaryOf(timers: readonly TimerEntry[]): TimerSummary[] {
  return [...Map.groupBy(timers, ([kind, uid]) => JSON.stringify([uid, kind])).values()]
    .map((some) => {
      const [kind, uid] = some[0]!;
      return { uid, kind, count: some.length, nextMs: some.reduce((next, [, , ms]) => Math.min(next, ms), Infinity) };
    })
    .sort((a, b) => compare(a.uid, b.uid) || compare(a.kind, b.kind));
}

/** Uids of sinks that have something to remember. */
export function sinksOf(entries: Entries): string[] {
  return [...entries].filter(([entry]) => entry.startsWith('["sink",'))
    .map(([entry, text]) => parse<[string, string]>(entry, [entry, text])[1]).sort();
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
