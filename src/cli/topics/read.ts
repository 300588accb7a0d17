import type { Broker, BrokerRecord, Fetcher, Position, TopicDescription } from "../../connectors/broker.ts";
import type { Flags, FlagValues } from "../../utils.ts";
import { decodeUtf8, parseStart, UsageError, wholeNumber } from "../../utils.ts";
import { headersJson } from "./headers.ts";

/** How long a fetch waits for records, and so Ctrl-C at most, ms. */
const FETCH_WAIT_MS = 250;

/** Flags of `topics read`. */
export const READ_FLAGS = {
  from: {
    value: "earliest|latest|TIME",
    parse: parseStart,
    help: "begin at the start, the end, or the first record of this time or later (default: earliest)",
  },
  offset: {
    short: "o",
    value: "N|-N|beginning|end",
    parse: parseOffset,
    help: "begin at this offset of each partition, -N: N before its end",
  },
  partition: { short: "p", value: "N", parse: wholeNumber({ min: 0 }), help: "only this partition (default: all)" },
  bounded: { short: "e", help: "stop at the current end" },
  count: { short: "c", value: "N", parse: wholeNumber({ min: 1 }), help: "stop after N records" },
  last: {
    value: "N",
    parse: wholeNumber({ min: 1 }),
    help: "the last N records of all partitions in order of time, then stop",
  },
  follow: { help: "with --last: go on as new records come" },
  json: {
    short: "J",
    help: "one JSON object a line: partition, offset, timestamp, key, value; keyBase64, valueBase64 if not UTF-8",
  },
  headers: { help: "print headers too" },
} as const satisfies Flags;

/** The values of {@link READ_FLAGS}. */
export type ReadFlags = FlagValues<typeof READ_FLAGS>;

/** @throws {UsageError} for flags that contradict one another */
export function checkReadFlags(flags: ReadFlags): void {
  const refuse = (a: string, b: string) => {
    throw new UsageError(`Cannot use ${a} together with ${b}: choose one`);
  };
  if (flags.from !== undefined && flags.offset !== undefined) refuse("--from", "--offset");
  if (flags.follow && flags.bounded) refuse("--follow", "--bounded");
  if (flags.last === undefined) {
    if (flags.follow) throw new UsageError("Cannot use --follow without --last: read goes on anyway without --bounded");
    return;
  }
  for (const name of ["from", "offset", "count"] as const) if (flags[name] !== undefined) refuse("--last", `--${name}`);
}

/** Where `readTopic()` writes, and what ends it. */
export interface ReadIo {
  readonly write: (text: string) => Promise<void>;
  readonly signal: AbortSignal;
}

/**
 * Prints records of a topic, one on each line, until all that were asked for are printed or the signal is aborted.
 * @throws {UsageError} if the partition does not exist
 */
export async function readTopic(broker: Broker, topic: TopicDescription, flags: ReadFlags, io: ReadIo): Promise<void> {
  const range = (partition: number): Range => ({
    partition,
    start: topic.startOffsets[partition] ?? 0,
    end: topic.endOffsets[partition] ?? 0,
  });
  const ranges = topic.endOffsets.map((_, partition) => range(partition));
  if (flags.partition !== undefined) {
    const only = ranges[flags.partition];
    if (only === undefined) {
      throw new UsageError(
        `Cannot read partition ${flags.partition} of "${topic.name}": it has ${ranges.length}, counted from 0`,
      );
    }
    ranges.splice(0, ranges.length, only);
  }

  const print = flags.json ? jsonLine : textLine;
  const fetcher = await broker.fetcher();
  try {
    let positions: Position[];
    if (flags.last !== undefined) {
      const found = await lastRecords(fetcher, { topic: topic.name, ranges, count: flags.last, signal: io.signal });
      await io.write(found.map(({ partition, record }) => print(partition, record, flags.headers)).join(""));
      if (!flags.follow) return;
      positions = ranges.map(({ partition, end }) => ({ topic: topic.name, partition, offset: end }));
    } else {
      positions = await startPositions(broker, topic.name, ranges, flags);
    }

    let left = flags.count ?? Infinity;
    const ends = flags.bounded ? ranges : undefined;
    for await (const { partition, records } of fetchAll(fetcher, positions, ends, io.signal)) {
      let lines = "";
      for (const record of records) {
        if (left-- === 0) break;
        lines += print(partition, record, flags.headers);
      }
      await io.write(lines);
      if (left <= 0) return;
    }
  } finally {
    await fetcher.close();
  }
}

/** Offsets of a partition from `start` up to `end`, which is excluded. */
interface Range {
  readonly partition: number;
  readonly start: number;
  readonly end: number;
}

async function startPositions(
  broker: Broker,
  topic: string,
  ranges: readonly Range[],
  { from = "earliest", offset }: ReadFlags,
): Promise<Position[]> {
  const times = typeof from === "number" ? await broker.offsetsAt(topic, from) : undefined;
  return ranges.map(({ partition, start, end }) => {
    const at = (wanted: number): Position => ({ topic, partition, offset: Math.min(Math.max(wanted, start), end) });
    if (offset === "end") return at(end);
    if (offset !== undefined) return at(offset < 0 ? end + offset : offset);
    if (times !== undefined) return at(times[partition] ?? end);
    return at(from === "latest" ? end : start);
  });
}

/** Records from `positions` on: up to `ends` if they are given, else until the signal is aborted. */
async function* fetchAll(
  fetcher: Fetcher,
  positions: readonly Position[],
  ends: readonly Range[] | undefined,
  signal: AbortSignal,
): AsyncGenerator<{ partition: number; records: readonly BrokerRecord[] }> {
  const endOf = new Map(ends?.map(({ partition, end }) => [partition, end]));
  const isOpen = ({ partition, offset }: Position) => offset < (endOf.get(partition) ?? Infinity);
  let open = positions.filter(isOpen);
  while (open.length > 0 && !signal.aborted) {
    const batches = await fetcher.fetch(open, FETCH_WAIT_MS);
    for (const { partition, records } of batches) {
      const end = endOf.get(partition) ?? Infinity;
      const isBeyond = records.length > 0 && records.at(-1)!.offset >= end;
      if (records.length > 0) {
        yield { partition, records: isBeyond ? records.filter((record) => record.offset < end) : records };
      }
    }
    const next = new Map(batches.map(({ partition, nextOffset }) => [partition, nextOffset]));
    open = open.map((position) => ({ ...position, offset: next.get(position.partition) ?? position.offset }))
      .filter(isOpen);
  }
}

interface Found {
  readonly partition: number;
  readonly record: BrokerRecord;
}

/** The last `count` records of each partition, of these the last by time. */
async function lastRecords(
  fetcher: Fetcher,
  options: {
    readonly topic: string;
    readonly ranges: readonly Range[];
    readonly count: number;
    readonly signal: AbortSignal;
  },
): Promise<Found[]> {
  const { topic, ranges, count, signal } = options;
  const found = new Map<number, BrokerRecord[]>();
  let missing = ranges;
  // Not every offset holds a visible record: if there were too few, look further back.
  for (let span = count; missing.length > 0 && !signal.aborted; span *= 8) {
    for (const { partition } of missing) found.set(partition, []);
    const positions = missing.map(({ partition, start, end }) => ({
      topic,
      partition,
      offset: Math.max(start, end - span),
    }));
    for await (const { partition, records } of fetchAll(fetcher, positions, missing, signal)) {
      found.set(partition, [...found.get(partition)!, ...records].slice(-count));
    }
    missing = missing.filter(({ partition, start, end }) => found.get(partition)!.length < count && end - span > start);
  }
  return [...found].flatMap(([partition, records]) => records.map((record) => ({ partition, record })))
    .sort((a, b) =>
      a.record.timestampMs - b.record.timestampMs || a.partition - b.partition || a.record.offset - b.record.offset
    )
    .slice(-count);
}

function textLine(partition: number, record: BrokerRecord, withHeaders: boolean): string {
  const { offset, timestampMs, key, value, headers = [] } = record;
  const line = `${partition}\t${offset}\t${timeText(timestampMs)}\t${bytesText(key)}\t${bytesText(value)}`;
  if (!withHeaders) return `${line}\n`;
  return `${line}\t${headers.map(([name, bytes]) => `${name}=${bytesText(bytes)}`).join(" ")}\n`;
}

function jsonLine(partition: number, record: BrokerRecord, withHeaders: boolean): string {
  const { offset, timestampMs, key, value, headers = [] } = record;
  const line = `{"partition":${partition},"offset":${offset},"timestamp":${timestampMs},` +
    `${bytesJson("key", "keyBase64", key)},${bytesJson("value", "valueBase64", value)}`;
  if (!withHeaders) return `${line}}\n`;
  return `${line},"headers":${JSON.stringify(headersJson(headers))}}\n`;
}

function bytesJson(name: string, base64Name: string, bytes: Uint8Array | null): string {
  if (bytes === null) return `"${name}":null`;
  const text = decodeUtf8(bytes);
  return text === undefined ? `"${base64Name}":"${bytes.toBase64()}"` : `"${name}":${JSON.stringify(text)}`;
}

// Characters that would break a line or that a terminal acts on.
// deno-lint-ignore no-control-regex
const CONTROL = /[\x00-\x1f\x7f-\x9f\u2028\u2029]/g;

/** Any bytes on one line: text with control characters escaped, or Base64 if they are not UTF-8. */
export function bytesText(bytes: Uint8Array | null): string {
  if (bytes === null) return "<null>";
  if (bytes.length === 0) return "<empty>";
  const text = decodeUtf8(bytes);
  if (text === undefined) return `base64:${bytes.toBase64()}`;
  return text.replace(CONTROL, (character) => {
    const escaped = { "\n": "\\n", "\r": "\\r", "\t": "\\t" }[character];
    return escaped ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** ISO 8601, or the number if it is beyond the range of dates. */
export function timeText(timestampMs: number): string {
  const time = new Date(timestampMs);
  return Number.isNaN(time.getTime()) ? String(timestampMs) : time.toISOString();
}

/** An offset; below 0 it counts from the end. */
function parseOffset(text: string): number | "end" {
  if (text === "end") return "end";
  return text === "beginning" ? 0 : wholeNumber()(text);
}
