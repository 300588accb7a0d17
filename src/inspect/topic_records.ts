/** Records of a topic: where to begin, the last ones, and on as new ones come. */
import type { Broker, BrokerRecord, Fetcher, Position, TopicDescription } from "../connectors/broker.ts";

/** How long a fetch waits for records, and so a stop at most, ms. */
const FETCH_WAIT_MS = 250;

/** Where reading begins in each partition. */
export interface ReadingStart {
  /** The beginning, the end, or the first record of this time or later, ms; default "earliest". */
  readonly from?: "earliest" | "latest" | number | undefined;
  /** In place of `from`: this offset; below 0 so many before the end. */
  readonly offset?: number | "end" | undefined;
}

/** All that the topic's partitions hold. */
export function rangesOf({ startOffsets, endOffsets }: TopicDescription): OffsetRange[] {
  return endOffsets.map((end, partition) => ({ partition, start: startOffsets[partition] ?? 0, end }));
}

/** Offsets of a partition from `start` up to `end`, which is excluded. */
export interface OffsetRange {
  readonly partition: number;
  readonly start: number;
  readonly end: number;
}

/** The positions at which reading begins, each within its range. */
export async function startPositions(
  broker: Broker,
  topic: string,
  ranges: readonly OffsetRange[],
  { from = "earliest", offset }: ReadingStart,
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
export async function* fetchAll(
  fetcher: Fetcher,
  positions: readonly Position[],
  ends: readonly OffsetRange[] | undefined,
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

/** A record and its partition. */
export interface PlacedRecord {
  readonly partition: number;
  readonly record: BrokerRecord;
}

/** The last `count` records of each partition, of these the last by time. */
export async function lastRecords(
  fetcher: Fetcher,
  options: {
    readonly topic: string;
    readonly ranges: readonly OffsetRange[];
    readonly count: number;
    readonly signal: AbortSignal;
  },
): Promise<PlacedRecord[]> {
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
