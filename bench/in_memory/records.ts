import type { BrokerRecord, OutgoingRecord } from "../../src/connectors/broker.ts";
import { partitionOf } from "../../src/connectors/murmur2.ts";

/** A topic's records in memory. */
export interface TopicInMemory {
  /** Each in order of offset from 0. */
  readonly partitions: readonly (readonly BrokerRecord[])[];
}

const PARTITIONS = 5;
/** About as much as a fetch brings: records are views into a larger buffer. */
const CHUNK_BYTES = 1 << 20;

/** Deals records that come in the order of time to the partitions of their topics, as Kafka's producers do. */
export function inMemory(records: Iterable<OutgoingRecord>): Map<string, TopicInMemory> {
  const topics = new Map<string, { partitions: BrokerRecord[][] }>();
  let chunk = new Uint8Array(0);
  let used = 0;
  const kept = (bytes: Uint8Array): Uint8Array => {
    if (used + bytes.length > chunk.length) {
      chunk = new Uint8Array(Math.max(CHUNK_BYTES, bytes.length));
      used = 0;
    }
    const view = chunk.subarray(used, used += bytes.length);
    view.set(bytes);
    return view;
  };
  for (const { topic: name, timestampMs, key, value } of records) {
    const topic = topics.get(name) ??
      { partitions: Array.from({ length: PARTITIONS }, () => []) };
    topics.set(name, topic);
    const partition = topic.partitions[partitionOf(key!, PARTITIONS)]!;
    const record = { offset: partition.length, timestampMs, key: kept(key!), value: kept(value!), headers: undefined };
    partition.push(record);
  }
  return topics;
}
