import { partitionOf } from "../../../connectors/murmur2.ts";
import { encodeJson, parseDuration, parseTime, UsageError } from "../../../utils.ts";
import type { Arrival } from "./event_time_job.ts";

/** How records are read from lines. */
export interface ReadOptions {
  /** What the lines are called in errors: a path. */
  readonly from: string;
  /** How many partitions there are; left out: as many as the records name, or one. */
  readonly partitions?: number | undefined;
  /** Field with the event time; left out: the first of {@link TIME_FIELDS} that is there. */
  readonly timeField?: string | undefined;
  /** Field by which records are counted; left out: the first of {@link KEY_FIELDS} that is there. */
  readonly keyField?: string | undefined;
}

/** Records in the order in which they come, and in how many partitions. */
export interface ReadRecords {
  readonly arrivals: readonly Arrival[];
  readonly partitions: number;
  /** Whether they are of a topic, where records of all partitions lie ready; then those of a partition are in its order. */
  readonly areOfTopic: boolean;
}

const TIME_FIELDS = ["time", "timestamp", "timestampMs", "ts", "at", "event_time", "eventTime", "bookedMs"];
const KEY_FIELDS = ["key", "who", "name", "user", "id"];
/** The day of times that have none. */
const DAY = "2026-03-01";

/**
 * Reads records from lines: NDJSON with a time in each object, or `12:00:05 anna` with an optional partition behind it. `wait 30s`
 * lets time pass, `#` begins a comment. A record without a partition has the one that Kafka would choose for its key.
 * @throws {UsageError} with the line's number, if one cannot be read
 */
export function readRecords(text: string, options: ReadOptions): ReadRecords {
  const lines = text.split(/\r?\n/).map((line, index) => ({ line: line.trim(), number: index + 1 }))
    .filter(({ line }) => line !== "" && !line.startsWith("#"));
  const found = lines.map(({ line, number }) => {
    const fail = (what: string) => new UsageError(`Cannot read line ${number} of ${options.from}: ${what}`);
    return line.startsWith("{") ? ofJson(line, options, fail) : ofWords(line, fail);
  });
  if (!found.some((each) => "timeMs" in each)) {
    throw new UsageError(`Cannot read ${options.from}: there is no record in it`);
  }
  const named = Math.max(0, ...found.map((each) => "timeMs" in each ? (each.partition ?? -1) + 1 : 0));
  const partitions = options.partitions ?? Math.max(1, named);
  if (named > partitions) {
    throw new UsageError(
      `Cannot read ${options.from}: it has a record in partition ${named - 1}, and --partitions says that there are ` +
        `${partitions}, counted from 0`,
    );
  }
  const areOfTopic = found.every((each) => "offset" in each && each.offset !== undefined);
  // What `topics read --last` prints is in the order of time.
  if (areOfTopic) found.sort((a, b) => (a as FoundRecord).offset! - (b as FoundRecord).offset!);
  return {
    partitions,
    areOfTopic,
    arrivals: found.map((each) => {
      if (!("timeMs" in each)) return each;
      const { key, timeMs, partition = partitionOf(encodeJson(key), partitions) } = each;
      return { key, timeMs, partition };
    }),
  };
}

type Found = { readonly waitMs: number } | FoundRecord;

interface FoundRecord {
  readonly key: string;
  readonly timeMs: number;
  readonly partition: number | undefined;
  /** Its place in the partition of a topic. */
  readonly offset?: number | undefined;
}

function ofWords(line: string, fail: (what: string) => UsageError): Found {
  const [first, second, third, ...rest] = line.split(/\s+/) as [string, ...string[]];
  if (rest.length > 0) throw fail(`it has more than a time, a key and a partition: "${line}"`);
  if (first === "wait") return { waitMs: durationOf(second, fail) };
  return {
    timeMs: timeOf(first, fail),
    key: second ?? "all",
    partition: third === undefined ? undefined : placeOf(third.replace(/^p(?=\d)/, ""), fail),
  };
}

function ofJson(line: string, options: ReadOptions, fail: (what: string) => UsageError): Found {
  const outer = parseObject(line, fail);
  if (outer.wait !== undefined) return { waitMs: durationOf(String(outer.wait), fail) };
  // A line of `deno task topics read --json`: its value and key are texts.
  const inner = isTopicLine(outer) ? { ...outer, ...objectIn(outer.key), ...objectIn(outer.value) } : outer;
  const timeField = options.timeField ?? TIME_FIELDS.find((name) => Object.hasOwn(outer, name));
  const time = timeField === undefined ? undefined : inner[timeField];
  if (typeof time !== "string" && typeof time !== "number") {
    throw fail(
      timeField === undefined
        ? `it has no time; --time-field names the field with it (known: ${TIME_FIELDS.join(", ")})`
        : `its "${timeField}" is ${JSON.stringify(time) ?? "missing"}, and no time`,
    );
  }
  return {
    timeMs: timeOf(String(time), fail),
    key: keyOf(outer, inner, options.keyField, fail),
    partition: outer.partition === undefined ? undefined : placeOf(String(outer.partition), fail),
    offset: isTopicLine(outer) ? outer.offset as number : undefined,
  };
}

function keyOf(
  outer: Readonly<Record<string, unknown>>,
  inner: Readonly<Record<string, unknown>>,
  field: string | undefined,
  fail: (what: string) => UsageError,
): string {
  if (field !== undefined) {
    if (!Object.hasOwn(inner, field)) throw fail(`it has no field "${field}" (--key)`);
    return textOf(inner[field]);
  }
  const found = KEY_FIELDS.find((name) => Object.hasOwn(outer, name));
  if (found === undefined) return "all";
  // The key of a course's topic is an object with one field.
  const parts = isTopicLine(outer) ? Object.values(objectIn(outer.key)) : [];
  return textOf(parts[0] ?? outer[found]);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value) ?? "all";
}

function isTopicLine(object: Readonly<Record<string, unknown>>): boolean {
  return ["partition", "offset", "timestamp"].every((name) => typeof object[name] === "number");
}

function objectIn(text: unknown): Readonly<Record<string, unknown>> {
  if (typeof text !== "string" || !text.startsWith("{")) return {};
  try {
    return JSON.parse(text);
  } catch {
    return {}; // it is a text that begins like JSON
  }
}

function parseObject(line: string, fail: (what: string) => UsageError): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(line);
  } catch {
    throw fail(`it begins like JSON, and is not: ${line.slice(0, 60)}`);
  }
}

/** A time of day in UTC, or what `parseTime()` takes. */
function timeOf(text: string, fail: (what: string) => UsageError): number {
  const ofDay = /^\d\d:\d\d(:\d\d(\.\d+)?)?$/.test(text) ? `${DAY}T${text}Z` : text;
  try {
    return parseTime(ofDay);
  } catch (error) {
    throw fail(`${(error as Error).message}; a time of day such as 12:00:05 will do`);
  }
}

function durationOf(text: string | undefined, fail: (what: string) => UsageError): number {
  try {
    return parseDuration(text ?? "");
  } catch (error) {
    throw fail((error as Error).message);
  }
}

function placeOf(text: string, fail: (what: string) => UsageError): number {
  if (/^\d{1,4}$/.test(text)) return Number(text);
  throw fail(`"${text}" is no partition, which is a whole number from 0`);
}
