/** Looks for records in a topic by key, text, time and offset, as far as somebody waits for it. */
import type { Broker, BrokerRecord, TopicDescription } from "../connectors/broker.ts";
import { keyMatcher } from "../engine/internal.ts";
import { decodeUtf8, UsageError } from "../utils.ts";
import {
  fetchAll,
  lastRecords,
  type PlacedRecord,
  rangesOf,
  type ReadingStart,
  startPositions,
} from "./topic_records.ts";

/** Which records are wanted. */
export interface RecordSearch extends ReadingStart {
  /** Left out: all. */
  readonly partition?: number | undefined;
  /** Their key: its text, equal JSON, or the text of one of its fields. */
  readonly key?: string | undefined;
  /** A text in key, value or headers, in whatever case. */
  readonly text?: string | undefined;
  /** So many records at most. */
  readonly limit: number;
}

/** What was found. */
export interface FoundRecords {
  /** In the order of time. */
  readonly records: readonly PlacedRecord[];
  /** Records that were looked at. */
  readonly looked: number;
  /** Whether all were looked at; else there were enough, or it took too long. */
  readonly isComplete: boolean;
}

/** A search ends after so long, ms, however far it has come. */
const SEARCH_MS = 5_000;

/**
 * Records that fit. Without `from` and `offset` it begins at the end, so that the newest are found; else there.
 * @throws {UnknownTopicError} if there is no such topic
 * @throws {UsageError} if the partition does not exist
 */
export async function searchRecords(
  broker: Broker,
  name: string,
  search: RecordSearch,
  signal: AbortSignal,
): Promise<FoundRecords> {
  const [topic] = await broker.describeTopics([name]) as [TopicDescription];
  const ranges = rangesOf(topic).filter(({ partition }) =>
    search.partition === undefined || partition === search.partition
  );
  if (ranges.length === 0) {
    throw new UsageError(
      `"${name}" has ${topic.endOffsets.length} partitions, counted from 0: found ${search.partition}`,
    );
  }
  const { key, text, limit, from, offset } = search;
  const isWanted = wanted(key, text);
  const end = AbortSignal.any([signal, AbortSignal.timeout(SEARCH_MS)]);
  const fetcher = await broker.fetcher();
  try {
    const isNewest = from === undefined && offset === undefined;
    if (isNewest && isWanted === undefined) {
      const records = await lastRecords(fetcher, { topic: name, ranges, count: limit, signal: end });
      return { records, looked: records.length, isComplete: !end.aborted };
    }
    const positions = await startPositions(broker, name, ranges, { from, offset });
    const found: PlacedRecord[] = [];
    let [looked, isComplete] = [0, true];
    // One partition after the other: which records of one are wanted does not depend on how far another was read.
    for (const position of positions) {
      const here: PlacedRecord[] = [];
      for await (const { partition, records } of fetchAll(fetcher, [position], ranges, end)) {
        looked += records.length;
        for (const record of records) if (isWanted?.(record) ?? true) here.push({ partition, record });
        if (isNewest) here.splice(0, Math.max(0, here.length - limit));
        else if (here.length > limit) {
          isComplete = false;
          break;
        }
      }
      found.push(...here);
    }
    const sorted = inTime(found);
    return {
      records: isNewest ? sorted.slice(-limit) : sorted.slice(0, limit),
      looked,
      isComplete: isComplete && !end.aborted,
    };
  } finally {
    await fetcher.close();
  }
}

/** Records by a search for text or key; undefined: all fit. */
export function wanted(key?: string, text?: string): ((record: BrokerRecord) => boolean) | undefined {
  const hasKey = key === undefined || key === "" ? undefined : keyMatcher(key);
  const part = text === undefined || text === "" ? undefined : text.toLowerCase();
  if (hasKey === undefined && part === undefined) return undefined;
  return (record) => (hasKey?.(record.key) ?? true) && (part === undefined || holds(record, part));
}

function holds({ key, value, headers = [] }: BrokerRecord, part: string): boolean {
  const has = (bytes: Uint8Array | null) => bytes !== null && decodeUtf8(bytes)?.toLowerCase().includes(part) === true;
  return has(value) || has(key) || headers.some(([name, bytes]) => name.toLowerCase().includes(part) || has(bytes));
}

function inTime(found: readonly PlacedRecord[]): PlacedRecord[] {
  return found.toSorted((a, b) =>
    a.record.timestampMs - b.record.timestampMs || a.partition - b.partition || a.record.offset - b.record.offset
  );
}
