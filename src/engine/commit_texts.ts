/** The texts of a commit's entries, written and taken apart; the layout stands in `commit_format.ts`. */
import type { Json } from "./source.ts";
import { CommitEntryError, parseText } from "./commit_entry_error.ts";
import { JOB_ENTRY } from "./commit_names.ts";
import type { ParsedShape, StateVersions } from "./state_shape.ts";

// ------------------------------------------------------------------------------------------------ records of a commit

/** The version of the layout of a commit; a commit of another one is refused. */
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

// ------------------------------------------------------------------------------------------------ writing

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
 * The value that the text of an entry stands for.
 * @throws {CommitEntryError} if no job has written it
 */
export function parseValue(entry: string, text: string): unknown {
  return parseText(text, entry, text);
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
