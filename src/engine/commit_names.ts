/** The names of a commit's entries, written and taken apart; the layout stands in `commit_format.ts`. */
import { JobError } from "./errors.ts";
import type { Json } from "./source.ts";
import { CommitEntryError, parseText } from "./commit_entry_error.ts";

// ------------------------------------------------------------------------------------------------ writing

/** Which clock a timer goes by; what its entry begins with. */
export type TimerKind = "timer" | "processing-timer";

/** The state in which `reduce()` and its like keep what they have accumulated of a key. */
export const ACCUMULATED = "sofar";

/** The state in which an asynchronous operator keeps records at work, under their numbers. */
export const AT_WORK = "at work";

/** The namespace of broadcast state, which belongs to no key. */
export const BROADCAST = "broadcast";

export const JOB_ENTRY = JSON.stringify(["job"]);

export function splitEntry(source: string, split: string): string {
  return JSON.stringify(["split", source, split]);
}

/** @param part its place in the sink's list; left out for what the sink remembers as one value */
export function sinkEntry(uid: string, part?: number): string {
  return JSON.stringify(part === undefined ? ["sink", uid] : ["sink", uid, part]);
}

// A commit makes as many of these as there are changed values: gluing texts is cheaper than making an array to make text of.

/** What the names of all entries of a state begin with. */
export function statePrefix(uid: string, state: string): string {
  return `["state",${JSON.stringify(uid)},${JSON.stringify(state)},`;
}

/** What the names of all timers of an operator begin with. */
export function timerPrefix(kind: TimerKind, uid: string): string {
  return `["${kind}",${JSON.stringify(uid)},`;
}

/** The name of a value. @param prefix of its state */
export function valueEntry(prefix: string, namespace: string, key: Json): string {
  return `${prefix}${JSON.stringify(namespace)},${JSON.stringify(key)}]`;
}

/** The name of an element of a list, by its place, or of an entry of a map, by the map's key. @param prefix of its state */
export function partEntry(prefix: string, namespace: string, key: Json, part: Json): string {
  return `${prefix}${JSON.stringify(namespace)},${JSON.stringify(key)},${JSON.stringify(part)}]`;
}

/** The name of a timer. @param prefix of its operator's timers */
export function timerEntry(prefix: string, timeMs: number, namespace: string, key: Json): string {
  return `${prefix}${timeMs},${JSON.stringify(namespace)},${JSON.stringify(key)}]`;
}

/**
 * What a name has in common with those of the same state and window, or of timers of the same time: all that stands before the
 * key. Empty for entries that have no key. (A comma in the name of an operator makes it shorter.)
 */
export function sharedStart(entry: string): string {
  let end = 0;
  for (let part = 0; part < 4; part++) {
    end = entry.indexOf(",", end) + 1;
    if (end === 0) return "";
  }
  return entry.slice(0, end);
}

// ------------------------------------------------------------------------------------------------ reading

/**
 * The name of an entry, taken apart.
 * @internal
 */
export type EntryName = JobName | SplitName | StateName | TimerName | SinkName;

export interface JobName {
  readonly kind: "job";
}

export interface SplitName {
  readonly kind: "split";
  /** Of the source. */
  readonly uid: string;
  readonly split: string;
}

export interface StateName {
  readonly kind: "state";
  readonly uid: string;
  readonly state: string;
  readonly namespace: string;
  readonly key: Json;
  /** Undefined if the state has one entry per key; else a map's own key, or the place of an element of a list. */
  readonly part: Json | undefined;
}

export interface TimerName {
  readonly kind: TimerKind;
  readonly uid: string;
  readonly timeMs: number;
  readonly namespace: string;
  readonly key: Json;
}

export interface SinkName {
  readonly kind: "sink";
  readonly uid: string;
  /** Its place in the sink's list; undefined if the sink remembers one value. */
  readonly part: number | undefined;
}

/** How many parts the names of each kind have. */
const PARTS: ReadonlyMap<string, readonly number[]> = new Map([
  ["job", [1]],
  ["split", [3]],
  ["state", [5, 6]],
  ["timer", [5]],
  ["processing-timer", [5]],
  ["sink", [2, 3]],
]);

/**
 * Takes the name of an entry apart.
 * @param text of the entry, for messages
 * @throws {CommitEntryError} if no job has written it
 * @throws {JobError} if it is of a kind that this version does not know
 */
export function parseName(entry: string, text: string): EntryName {
  const parts = parseText(entry, entry, text);
  if (!Array.isArray(parts) || parts.length === 0) throw new CommitEntryError(entry, text);
  const [kind, uid, third, fourth, key, part] = parts as [string, string, unknown, string, Json, Json?];
  const lengths = PARTS.get(kind);
  if (lengths !== undefined && !lengths.includes(parts.length)) throw new CommitEntryError(entry, text);
  switch (kind) {
    case "job":
      return { kind };
    case "split":
      return { kind, uid, split: third as string };
    case "state":
      return { kind, uid, state: third as string, namespace: fourth, key, part };
    case "timer":
    case "processing-timer":
      return { kind, uid, timeMs: third as number, namespace: fourth, key };
    case "sink":
      return { kind, uid, part: third as number | undefined };
    default:
      throw new JobError(
        `Cannot read a commit that holds ${entry}: this version does not know entries of the kind "${kind}"; ` +
          "start the job with the version that wrote it, or forget the commit with --reset",
      );
  }
}

/** What follows the kind in a name, as JSON: `["counts",9,"0:10","a"]`. */
export function nameWithoutKind(entry: string): string {
  return `[${entry.slice(entry.indexOf(",") + 1)}`;
}

/** Entries of one kind: their names taken apart, and their texts. With `names`, those of an operator, or of a state, only. */
export function* entriesOf<K extends EntryName["kind"]>(
  entries: ReadonlyMap<string, string>,
  kind: K,
  ...names: string[]
): Generator<[name: Extract<EntryName, { kind: K }>, text: string, entry: string]> {
  const begin = JSON.stringify([kind, ...names]).slice(0, -1);
  for (const [entry, text] of entries) {
    // Not parsed before that: there may be millions.
    if (!entry.startsWith(begin) || !",]".includes(entry[begin.length]!)) continue;
    yield [parseName(entry, text) as Extract<EntryName, { kind: K }>, text, entry];
  }
}

// ------------------------------------------------------------------------------------------------ ids of splits

/** The id of the split that a partition of a topic is: "skyone-3". */
export function partitionSplit(topic: string, partition: number): string {
  return `${topic}-${partition}`;
}

/** The partition that the id of a split names, if it has the form of one. */
export function partitionOfSplit(split: string): { topic: string; partition: number } | undefined {
  const match = /^(.+)-(\d+)$/.exec(split);
  return match === null ? undefined : { topic: match[1]!, partition: Number(match[2]) };
}
