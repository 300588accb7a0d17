/** Appends records to their partitions. */
import type { OutgoingRecord } from "../broker.ts";
import { partitionOf } from "../murmur2.ts";
import { BatchEncoder } from "./batch.ts";
import type { Database } from "./database.ts";
import { findTopic, type Topic, unknownPartition, unknownTopics } from "./topics.ts";

/** Records on their way to one topic; the index of `partitions` is the partition. */
interface Sorted {
  readonly topic: Topic;
  readonly partitions: OutgoingRecord[][];
}

interface PartitionEnd {
  readonly end_offset: number;
  readonly latest_timestamp: number;
}

/**
 * What producers and jobs write with. Records without key and partition go to the partitions in turn, from 0; each writer
 * counts for itself.
 */
export class RecordWriter {
  readonly #database: Database;
  readonly #encoder = new BatchEncoder();
  readonly #turns = new Map<string, number>();

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Appends `records`, in their order within each partition. To be called in a writing transaction: other readers see them
   * after it, all at once.
   *
   * @throws {UnknownTopicError} if a topic or partition does not exist
   */
  append(records: readonly OutgoingRecord[]): void {
    for (const { topic, partitions } of this.#sort(records)) {
      for (const [partition, some] of partitions.entries()) {
        if (some.length > 0) this.#appendTo(topic.id, partition, some);
      }
    }
  }

  #sort(records: readonly OutgoingRecord[]): Iterable<Sorted> {
    const sorted = new Map<string, Sorted>();
    const missing = new Set<string>();
    for (const record of records) {
      let own = sorted.get(record.topic);
      if (own === undefined) {
        const topic = findTopic(this.#database, record.topic);
        if (topic === undefined) {
          missing.add(record.topic);
          continue;
        }
        own = { topic, partitions: Array.from({ length: topic.partitions }, () => []) };
        sorted.set(record.topic, own);
      }
      const partition = this.#partitionOf(record, own.topic);
      const some = own.partitions[partition];
      if (some === undefined) throw unknownPartition(own.topic, partition, "write to");
      some.push(record);
    }
    if (missing.size > 0) throw unknownTopics([...missing], "write to");
    return sorted.values();
  }

  #partitionOf({ partition, key }: OutgoingRecord, { name, partitions }: Topic): number {
    if (partition !== undefined) return partition;
    if (key !== null) return partitionOf(key, partitions);
    const turn = this.#turns.get(name) ?? 0;
    this.#turns.set(name, turn + 1);
    return turn % partitions;
  }

  #appendTo(topicId: number, partition: number, records: readonly OutgoingRecord[]): void {
    const insert = this.#database.statement(
      `INSERT INTO batch (topic_id, partition, base_offset, record_count, latest_timestamp, records)
       VALUES (?, ?, ?, ?, ?, ?)`,
    );
    const found = this.#database.statement(
      "SELECT end_offset, latest_timestamp FROM partition WHERE topic_id = ? AND partition = ?",
    ).get(topicId, partition) as unknown as PartitionEnd;
    let { end_offset: offset, latest_timestamp: latestMs } = found;
    this.#encoder.encode(records, (row) => {
      latestMs = Math.max(latestMs, row.latestMs);
      insert.run(topicId, partition, offset, row.count, latestMs, row.bytes);
      offset += row.count;
    });
    this.#database.statement(
      "UPDATE partition SET end_offset = ?, latest_timestamp = ? WHERE topic_id = ? AND partition = ?",
    ).run(offset, latestMs, topicId, partition);
  }
}

/** @throws {RangeError} if the record has no timestamp that can be kept */
export function checkRecord({ topic, timestampMs }: OutgoingRecord): void {
  if (Number.isSafeInteger(timestampMs) && timestampMs >= 0) return;
  throw new RangeError(
    `Cannot write a record to topic "${topic}" as timestampMs must be a whole number >= 0: current value is ${timestampMs}`,
  );
}
