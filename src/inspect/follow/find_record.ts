/** Looks for records in topics: those that a person names, and those that a job says it has sent. */
import type { Broker, BrokerRecord, TopicDescription } from "../../connectors/broker.ts";
import { bytesText, keyMatcher } from "../../engine/internal.ts";
import type { SentRecord } from "../../engine/mod.ts";
import { UsageError } from "../../utils.ts";
import type { Place } from "./protocol.ts";

/** What lies in a topic where a job says that it has sent a record. */
export interface FoundRecord extends Place {
  /** Whether it has the value that was to be sent; else another one of the same key and time. */
  readonly isSame: boolean;
  /** What lies there. */
  readonly value: string | null;
}

/**
 * The record at a place.
 * @throws {UsageError} if no record lies there that a reader can see
 */
export async function recordAt(broker: Broker, place: Place): Promise<BrokerRecord> {
  const { topic, partition, offset } = place;
  const { startOffsets, endOffsets } = await describe(broker, topic);
  const [start, end] = [startOffsets[partition], endOffsets[partition]];
  if (start === undefined || end === undefined) {
    throw new UsageError(
      `Cannot follow a record of "${topic}" partition ${partition}: it has ${endOffsets.length}, counted from 0`,
    );
  }
  if (offset < start || offset >= end) {
    const there = start === end ? "has no records" : `has the offsets ${start} to ${end - 1}`;
    throw new UsageError(`Cannot follow "${topic}" partition ${partition} offset ${offset}: the partition ${there}`);
  }
  for await (const record of read(broker, { topic, partition, offset }, offset + 1)) {
    if (record.offset === offset) return record;
  }
  throw new UsageError(
    `Cannot follow "${topic}" partition ${partition} offset ${offset}: no record lies there that a reader can see; ` +
      "it was compacted away, or is a mark of a transaction",
  );
}

/**
 * Places of the records with that key, the oldest first.
 *
 * A key is found by its whole text, by JSON that is equal to it, or by the text of one of its fields: `SKY1ABCDEF` finds
 * `{"ref":"SKY1ABCDEF"}`.
 */
export async function placesOfKey(broker: Broker, topic: string, key: string): Promise<Place[]> {
  const { startOffsets, endOffsets } = await describe(broker, topic);
  const found: { readonly place: Place; readonly timestampMs: number }[] = [];
  const matches = keyMatcher(key);
  for (const [partition, end] of endOffsets.entries()) {
    for await (const record of read(broker, { topic, partition, offset: startOffsets[partition]! }, end)) {
      if (!matches(record.key)) continue;
      found.push({ place: { topic, partition, offset: record.offset }, timestampMs: record.timestampMs });
    }
  }
  return found.sort((a, b) => a.timestampMs - b.timestampMs).map(({ place }) => place);
}

/** Where a record that a job has sent lies; undefined: it does not, or not yet. */
export async function findSent(broker: Broker, sent: SentRecord): Promise<FoundRecord | undefined> {
  const { topic, partition: wanted, timestampMs } = sent;
  const { endOffsets } = await describe(broker, topic);
  const from = await broker.offsetsAt(topic, timestampMs);
  let other: FoundRecord | undefined;
  for (const [partition, end] of endOffsets.entries()) {
    if (wanted !== undefined && partition !== wanted) continue;
    for await (const record of read(broker, { topic, partition, offset: from[partition]! }, end)) {
      if (record.timestampMs !== timestampMs || bytesText(record.key) !== sent.key) continue;
      const found = { topic, partition, offset: record.offset, value: bytesText(record.value) };
      if (found.value === sent.value) return { ...found, isSame: true };
      other = { ...found, isSame: false };
    }
  }
  return other;
}

async function describe(broker: Broker, topic: string): Promise<TopicDescription> {
  const [description] = await broker.describeTopics([topic]);
  return description!;
}

async function* read(broker: Broker, { topic, partition, offset }: Place, end: number): AsyncGenerator<BrokerRecord> {
  if (offset >= end) return;
  const fetcher = await broker.fetcher();
  try {
    let next = offset;
    while (next < end) {
      for (const { records, nextOffset } of await fetcher.fetch([{ topic, partition, offset: next }], 100)) {
        next = nextOffset;
        for (const record of records) if (record.offset < end) yield record;
      }
    }
  } finally {
    await fetcher.close();
  }
}
