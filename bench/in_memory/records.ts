import type { BrokerRecord, OutgoingRecord } from "../../src/connectors/broker.ts";
import { partitionOf } from "../../src/connectors/murmur2.ts";
import { FetchedRecord } from "../../src/connectors/records/fetched_record.ts";
import { SharedBytes } from "../../src/connectors/records/shared_bytes.ts";

/** A topic's records in memory. */
export interface TopicInMemory {
  /** Each in order of offset from 0. */
  readonly partitions: readonly (readonly BrokerRecord[])[];
}

const PARTITIONS = 5;
/** About as much as a fetch brings of a partition. */
const CHUNK_BYTES = 1 << 18;

/** Deals records that come in the order of time to the partitions of their topics, as Kafka's producers do. */
export function inMemory(records: Iterable<OutgoingRecord>): Map<string, TopicInMemory> {
  const topics = new Map<string, { partitions: PartitionInMemory[] }>();
  for (const { topic: name, timestampMs, key, value } of records) {
    const topic = topics.get(name) ??
      { partitions: Array.from({ length: PARTITIONS }, () => new PartitionInMemory()) };
    topics.set(name, topic);
    topic.partitions[partitionOf(key!, PARTITIONS)]!.add(timestampMs, key!, value!);
  }
  return new Map([...topics].map(([name, { partitions }]) => [
    name,
    { partitions: partitions.map(({ records }) => records) },
  ]));
}

/** Keys and values lie one after another in chunks, as they come from a broker. */
class PartitionInMemory {
  readonly records: BrokerRecord[] = [];
  #chunk = new SharedBytes(new Uint8Array(0));
  #used = 0;

  add(timestampMs: number, key: Uint8Array, value: Uint8Array): void {
    const size = key.length + value.length;
    if (this.#used + size > this.#chunk.bytes.length) {
      this.#chunk = new SharedBytes(new Uint8Array(Math.max(CHUNK_BYTES, size)));
      this.#used = 0;
    }
    const keyAt = this.#used;
    const valueAt = keyAt + key.length;
    this.#chunk.bytes.set(key, keyAt);
    this.#chunk.bytes.set(value, valueAt);
    this.#used += size;
    const offset = this.records.length;
    this.records.push(
      new FetchedRecord(offset, timestampMs, undefined, this.#chunk, keyAt, key.length, valueAt, value.length),
    );
  }
}
