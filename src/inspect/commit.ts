/** A job's commit as a person asks about it; `engine/commit_format.ts` says what the entries are. */
import {
  entriesOf,
  isOfWindows,
  jobRecordOf,
  type ParsedShape,
  parseName,
  parseShape,
  parseValue,
  partitionOfSplit,
  readStored,
  type SplitRecord,
  type StateName,
  type StoredValue,
  type TimerKind,
} from "../engine/internal.ts";
import { JobError } from "../engine/mod.ts";

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
export interface StateEntry extends Omit<StateName, "kind"> {
  /** Its name in the store. */
  readonly entry: string;
  /** The text that is stored. */
  readonly text: string;
}

/** All entries of one state, counted. */
export interface StateSummary extends ParsedShape {
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

/** Entries that can be parsed; all that a job has written can, but an entry may have been edited by hand. */
export function readableOf(entries: Entries): Entries {
  return new Map([...entries].filter(([entry, text]) => isReadable(entry, text)));
}

function isReadable(entry: string, text: string): boolean {
  try {
    parseName(entry, text);
    parseValue(entry, text);
    return true;
  } catch (error) {
    if (!(error instanceof JobError)) throw error;
    return false;
  }
}

/** Positions, by source and split. */
export function splitsOf(entries: Entries): SplitEntry[] {
  const found = Array.from(entriesOf(entries, "split"), ([{ uid: source, split }, text, entry]): SplitEntry => {
    return { source, split, ...parseValue(entry, text) as SplitRecord };
  });
  return found.sort((a, b) =>
    compare(a.source, b.source) || a.split.localeCompare(b.split, "en", { numeric: true }) || compare(a.split, b.split)
  );
}

/** The partition that a split is, if its position is an offset: by its id and position alone. */
export function partitionOf({ split, position }: SplitEntry): { topic: string; partition: number } | undefined {
  return Number.isSafeInteger(position) ? partitionOfSplit(split) : undefined;
}

/** Entries of states, as the store has them: with `uid` those of one operator, with `state` too those of one of its states. */
export function* stateEntriesOf(entries: Entries, uid?: string, state?: string): Generator<StateEntry> {
  const names = uid === undefined ? [] : state === undefined ? [uid] : [uid, state];
  for (const [name, text, entry] of entriesOf(entries, "state", ...names)) yield { ...name, entry, text };
}

/** The value of an entry, with its place and times. @throws {CommitEntryError} if its text is damaged */
export function valueOf(shape: ParsedShape, { part, entry, text }: StateEntry): StoredValue {
  return readStored(shape, part, parseValue(entry, text));
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
  for (const { uid, state, namespace, key, entry, text } of stateEntriesOf(entries)) {
    const summary = get(uid, state);
    summary.keys.add(JSON.stringify([namespace, key]));
    summary.entries++;
    summary.bytes += encoder.encode(entry).length + encoder.encode(text).length;
  }
  return [...found.values()]
    .map((each) => ({ ...each, ...shapeOf(entries, each.uid, each.state), keys: each.keys.size }))
    .sort((a, b) => compare(a.uid, b.uid) || compare(a.state, b.state));
}

/** How a state is described; "?" where the commit does not say. */
export function shapeOf(entries: Entries, uid: string, state: string): ParsedShape {
  const states = jobRecordOf(entries)?.versions[uid];
  const stored = states !== undefined && Object.hasOwn(states, state) ? states[state] : undefined;
  return stored === undefined ? { kind: "?", version: "?", ttl: false, eventTime: false } : parseShape(stored);
}

/** Timers by operator and kind, those of open windows included. */
export function timersOf(entries: Entries): TimerSummary[] {
  return summaryOf([...singleTimers(entries), ...windowTimers(entries)]);
}

/** Timers by operator and kind, without those of open windows: those that have an entry of their own. */
export function singleTimersOf(entries: Entries): TimerSummary[] {
  return summaryOf([...singleTimers(entries)]);
}

type TimerEntry = readonly [kind: TimerKind, uid: string, timeMs: number];

function* singleTimers(entries: Entries): Generator<TimerEntry> {
  for (const wanted of ["timer", "processing-timer"] as const) {
    for (const [{ kind, uid, timeMs }] of entriesOf(entries, wanted)) yield [kind, uid, timeMs];
  }
}

function* windowTimers(entries: Entries): Generator<TimerEntry> {
  for (const [uid, states] of Object.entries(jobRecordOf(entries)?.versions ?? {})) {
    for (const state of Object.keys(states)) {
      const shape = shapeOf(entries, uid, state);
      if (!isOfWindows(shape)) continue;
      for (const entry of stateEntriesOf(entries, uid, state)) yield ["timer", uid, valueOf(shape, entry).timeMs!];
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
  return [...new Set(Array.from(entriesOf(entries, "sink"), ([{ uid }]) => uid))].sort();
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
