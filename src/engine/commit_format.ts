/**
 * The names and texts of a commit's entries, in both directions. This file alone knows them.
 *
 *     ["job"]                                          → JobRecord
 *     ["split", source uid, split id]                  → SplitRecord
 *     ["state", uid, state, namespace, key]            → value
 *     ["state", uid, list, namespace, key, n]          → value of an element; the elements of a list stand in the order of n
 *     ["state", uid, map, namespace, key, map's key]   → [n, value]; the entries of a map stand in the order of n
 *     ["state", uid, windows, namespace, key]          → [time, n, value] of an open window that fires at that time, its keys in the order of n
 *     ["state", uid, sessions, namespace, key]         → [time, n, start, value] of an open session, the same; null where its records are a list
 *     ["timer", uid, time, namespace, key]             → n, its place among the registrations of its operator
 *     ["processing-timer", uid, time, namespace, key]  → n
 *     ["sink", uid]                                    → what the sink has to remember
 *     ["sink", uid, n]                                 → a part of it, where it is a list that may be long
 *
 * A namespace is the id of a window, or empty for what belongs to a key alone. A value with a time to live is stored as
 * `[last update in ms, value]`. Which kind of state an entry belongs to, and whether it has a time to live, stands in
 * `JobRecord.versions`.
 *
 * All of it is JSON, over any store: a person can read it, and it can be moved from one broker to another.
 */
import { JobError } from "./errors.ts";
import type { Json } from "./source.ts";

// ------------------------------------------------------------------------------------------------- records of a commit

/** The version of the layout above; a commit of another one is refused. */
export const COMMIT_FORMAT = 1;

/** What a commit knows of the job as a whole. */
export interface JobRecord {
  readonly format: typeof COMMIT_FORMAT;
  /** Event time behind each operator and source, ms, by uid; those without one are left out. */
  readonly watermarks: Readonly<Record<string, number>>;
  /** Event time of operators where it is further only because sources have come to their bounds, for this bounded run alone. */
  readonly ahead?: Readonly<Record<string, number>>;
  /** What stored state depends on, by uid: the size of an operator's windows, for example. Stored as `stamps`. */
  readonly compatibility: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Kinds and versions of the states, by uid and name. */
  readonly versions: Readonly<Record<string, StateVersions>>;
  /** Ends of a bounded run that has not come to them yet, by source uid and split id. */
  readonly bounds: Readonly<Record<string, Readonly<Record<string, Json>>>> | null;
  /** When the last bounded run came to its end, ms since the Unix epoch. */
  readonly finishedAtMs: number | null;
}

/** What a commit knows of a split. */
export interface SplitRecord {
  readonly position: Json;
  /** ms; left out if event time is not known yet */
  readonly watermark?: number;
  /** What the position points into; left out by sources that do not keep it, and in commits of earlier versions. */
  readonly identity?: Json;
}

/** Kinds and versions of an operator's states, by name. */
export type StateVersions = Readonly<Record<string, StoredShape>>;

/** The shape of a state as a commit names it: its version alone for a value, else `map 1`, `value 1 ttl` or `value 1 ttl event-time`. */
export type StoredShape = number | string;

/** A {@link StoredShape}, taken apart. */
export interface ParsedShape {
  /** "value", "list", "map", "reducing", "aggregating", "broadcast", "window", "session". */
  readonly kind: string;
  readonly version: string;
  /** Whether its values have a time to live. */
  readonly ttl: boolean;
  /** Whether that goes by event time, and not by the machine's clock. */
  readonly eventTime: boolean;
}

export function storedShape(
  { kind, version, ttl, eventTime }: Omit<ParsedShape, "version"> & { readonly version: number },
): StoredShape {
  if (ttl) return `${kind} ${version} ttl${eventTime ? " event-time" : ""}`;
  return kind === "value" ? version : `${kind} ${version}`;
}

export function parseShape(stored: StoredShape): ParsedShape {
  if (typeof stored === "number") return { kind: "value", version: String(stored), ttl: false, eventTime: false };
  const [kind = "", version = "", ttl, eventTime] = stored.split(" ");
  return { kind, version, ttl: ttl !== undefined, eventTime: eventTime !== undefined };
}

// ------------------------------------------------------------------------------------------------ writing names

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

// ------------------------------------------------------------------------------------------------ writing texts

export function jobText({ format, watermarks, ahead, compatibility: stamps, ...rest }: JobRecord): string {
  return JSON.stringify({ format, watermarks, ahead, stamps, ...rest });
}

export function splitText(record: SplitRecord): string {
  return JSON.stringify(record);
}

export function sinkText(value: Json): string {
  return JSON.stringify(value);
}

/** The text of a value with a time to live. @param text of the value itself */
export function expiringText(lastUpdateMs: number, text: string): string {
  return `[${lastUpdateMs},${text}]`;
}

/** The text of an entry of a map. @param text of the value, that of a time to live included */
export function mapText(order: number, text: string): string {
  return `[${order},${text}]`;
}

/** The text of a key's value in an open window. @param timeMs when the window fires */
export function windowText(timeMs: number, order: number, text: string): string {
  return `[${timeMs},${order},${text}]`;
}

/** The text of a key's open session. @param timeMs when it fires */
export function sessionText(timeMs: number, order: number, startMs: number, text: string): string {
  return `[${timeMs},${order},${startMs},${text}]`;
}

/** Whether entries of states of this kind are windows that are open, each with the time at which it fires. */
export function isOfWindows({ kind }: Pick<ParsedShape, "kind">): boolean {
  return kind === "window" || kind === "session";
}

export function timerText(order: number): string {
  return String(order);
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

/** An entry of a commit that cannot be read. */
export class CommitEntryError extends JobError {
  override name = "CommitEntryError";
  override readonly code = "COMMIT_UNREADABLE";
  /** Its name. */
  readonly entry: string;

  constructor(entry: string, text: string) {
    const shown = (words: string) => JSON.stringify(words.length > 40 ? `${words.slice(0, 40)}…` : words);
    super(`its commit has an entry that no job has written, ${shown(entry)} with the value ${shown(text)}`);
    this.entry = entry;
  }
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

/**
 * The value that the text of an entry stands for.
 * @throws {CommitEntryError} if no job has written it
 */
export function parseValue(entry: string, text: string): unknown {
  return parseText(text, entry, text);
}

function parseText(part: string, entry: string, text: string): unknown {
  try {
    return JSON.parse(part);
  } catch {
    throw new CommitEntryError(entry, text);
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

/**
 * The entry of the job itself; undefined if there is no commit.
 * @throws {CommitEntryError} if no job has written it
 */
export function jobRecordOf(entries: ReadonlyMap<string, string>): JobRecord | undefined {
  const text = entries.get(JOB_ENTRY);
  if (text === undefined) return undefined;
  const stored = parseValue(JOB_ENTRY, text);
  if (typeof stored !== "object" || stored === null) throw new CommitEntryError(JOB_ENTRY, text);
  const { stamps, ...rest } = stored as Omit<JobRecord, "compatibility"> & { stamps: JobRecord["compatibility"] };
  return { ...rest, compatibility: stamps };
}

/** What an entry of a state stands for. */
export interface StoredValue {
  readonly value: unknown;
  /** Its place among the entries of its state; 0 if the state keeps no order. */
  readonly order: number;
  /** When it was last updated, ms since the Unix epoch; undefined if it has no time to live. */
  readonly lastUpdateMs: number | undefined;
  /** When its window fires, ms; undefined for states other than of open windows. */
  readonly timeMs: number | undefined;
  /** When its session began, ms; undefined for states other than of open sessions. */
  readonly startMs?: number | undefined;
}

/**
 * Takes the value of a state's entry apart.
 * @param part of the entry's name
 * @param stored what {@link parseValue} returned
 */
export function readStored(
  { kind, ttl }: Pick<ParsedShape, "kind" | "ttl">,
  part: Json | undefined,
  stored: unknown,
): StoredValue {
  let value = stored;
  let order = 0;
  let timeMs: number | undefined;
  let startMs: number | undefined;
  switch (kind) {
    case "list":
      order = part as number;
      break;
    case "map":
    case "broadcast":
      [order, value] = stored as [number, unknown];
      break;
    case "window":
      [timeMs, order, value] = stored as [number, number, unknown];
      break;
    case "session":
      [timeMs, order, startMs, value] = stored as [number, number, number, unknown];
      break;
  }
  if (!ttl) return { value, order, lastUpdateMs: undefined, timeMs, ...startMs !== undefined && { startMs } };
  const [lastUpdateMs, inner] = value as [number, unknown];
  return { value: inner, order, lastUpdateMs, timeMs };
}

/** The text of a state's entry: the reverse of {@link readStored} and {@link parseValue}. */
export function entryText(
  { kind, ttl }: Pick<ParsedShape, "kind" | "ttl">,
  { value, order, lastUpdateMs, timeMs, startMs }: StoredValue,
): string {
  const text = JSON.stringify(value);
  const kept = ttl ? expiringText(lastUpdateMs!, text) : text;
  switch (kind) {
    case "map":
    case "broadcast":
      return mapText(order, kept);
    case "window":
      return windowText(timeMs!, order, kept);
    case "session":
      return sessionText(timeMs!, order, startMs!, kept);
    default:
      return kept;
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
