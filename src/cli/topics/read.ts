import type { Broker, BrokerRecord, Position, TopicDescription } from "../../connectors/broker.ts";
import type { Flags, FlagValues } from "../../utils.ts";
import { decodeUtf8, parseStart, UsageError, wholeNumber } from "../../utils.ts";
import { headersJson } from "../../inspect/headers.ts";
import { lineText, timeText } from "../../inspect/record_text.ts";
import { fetchAll, lastRecords, rangesOf, startPositions } from "../../inspect/topic_records.ts";

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
  const ranges = rangesOf(topic);
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

function textLine(partition: number, record: BrokerRecord, withHeaders: boolean): string {
  const { offset, timestampMs, key, value, headers = [] } = record;
  const line = `${partition}\t${offset}\t${timeText(timestampMs)}\t${lineText(key)}\t${lineText(value)}`;
  if (!withHeaders) return `${line}\n`;
  return `${line}\t${headers.map(([name, bytes]) => `${name}=${lineText(bytes)}`).join(" ")}\n`;
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

/** An offset; below 0 it counts from the end. */
function parseOffset(text: string): number | "end" {
  if (text === "end") return "end";
  return text === "beginning" ? 0 : wholeNumber()(text);
}
