/** Appends records to their partitions. */
import type { OutgoingRecord } from "../broker.ts";
import { keyPartition } from "../records/encoded_record.ts";
import { checkRecordTime } from "../records/record_time.ts";
import { BatchEncoder, type Row, RowBuffers } from "./batch.ts";
import type { Database } from "./database.ts";
import { VERSION_WITH_SHARED_HEADERS } from "./schema.ts";
import { findTopic, type Topic, unknownPartition, unknownTopics } from "./topics.ts";

/** Records for one topic; the index of `partitions` is the partition. */
interface Outgoing {
  readonly topic: Topic;
  readonly partitions: (BatchEncoder | undefined)[];
}

interface PartitionEnd {
  readonly end_offset: number;
  readonly latest_timestamp: number;
}

/**
 * Writes the records of producers and jobs. Records without key and partition go to each partition in turn, from 0; each writer
 * counts by itself.
 */
export class RecordWriter {
  readonly #database: Database;
  readonly #buffers = new RowBuffers();
  readonly #turns = new Map<string, number>();
  readonly #outgoing = new Map<string, Outgoing>();
  /** Records that may still be taken back. */
  #added: OutgoingRecord[] = [];
  /** How many are packed. */
  #packed = 0;
  /** The failure of the first record that cannot be written, with which `append()` fails. */
  #failure: Error | undefined;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Records added since the last `append()` or `clear()`. */
  get records(): number {
    return this.#packed + this.#added.length;
  }

  /**
   * Adds a record for `pack()` and `append()`, which fails if its topic or partition does not exist.
   * @throws {RangeError} if the record has no timestamp that can be kept
   */
  add(record: OutgoingRecord): void {
    checkRecordTime(record);
    this.#added.push(record);
  }

  /** Takes back the last records added, of those that are not packed. */
  takeBack(records: number): void {
    this.#added.splice(this.#added.length - records);
  }

  /** Packs what was added as it will be stored, before `append()`: it takes less memory so, and can no longer be taken back. */
  pack(): void {
    for (const record of this.#added) this.#pack(record);
    this.#packed += this.#added.length;
    this.#added = [];
  }

  #pack(record: OutgoingRecord): void {
    const outgoing = this.#outgoingTo(record.topic);
    if (outgoing === undefined) return;
    const partition = this.#partitionOf(record, outgoing.topic);
    if (!(Number.isInteger(partition) && partition >= 0 && partition < outgoing.topic.partitions)) {
      this.#failure ??= unknownPartition(outgoing.topic, partition, "write to");
      return;
    }
    (outgoing.partitions[partition] ??= new BatchEncoder(this.#buffers)).add(record);
  }

  /**
   * Appends what was packed, in its order within each partition. To be called in a writing transaction: other readers see it
   * after that, all at once.
   *
   * @throws {UnknownTopicError} if a topic or partition does not exist
   */
  append(): void {
    if (this.#failure !== undefined) throw this.#failure;
    for (const [name, { topic, partitions }] of this.#outgoing) {
      if (findTopic(this.#database, name)?.id !== topic.id) throw unknownTopics([name], "write to");
      for (const [partition, encoder] of partitions.entries()) {
        if (encoder !== undefined) this.#appendTo(topic.id, partition, encoder.rows());
      }
    }
  }

  /** Removes all records: after the transaction of an `append()`, or to drop them. */
  clear(): void {
    this.#added = [];
    this.#packed = 0;
    this.#failure = undefined;
    for (const { partitions } of this.#outgoing.values()) {
      for (const encoder of partitions) encoder?.release();
    }
    // Topics are looked up each time: they may have been deleted or created.
    this.#outgoing.clear();
  }

  #outgoingTo(name: string): Outgoing | undefined {
    let outgoing = this.#outgoing.get(name);
    if (outgoing === undefined) {
      const topic = this.#database.read(() => findTopic(this.#database, name));
      if (topic === undefined) {
        this.#failure ??= unknownTopics([name], "write to");
        return undefined;
      }
      outgoing = { topic, partitions: [] };
      this.#outgoing.set(name, outgoing);
    }
    return outgoing;
  }

  #partitionOf(record: OutgoingRecord, { name, partitions }: Topic): number {
    const chosen = record.partition ?? keyPartition(record, partitions);
    if (chosen !== undefined) return chosen;
    const turn = this.#turns.get(name) ?? 0;
    this.#turns.set(name, turn + 1);
    return turn % partitions;
  }

  #appendTo(topicId: number, partition: number, rows: readonly Row[]): void {
    if (rows.length === 0) return;
    const insert = this.#database.statement(
      `INSERT INTO batch (topic_id, partition, base_offset, record_count, latest_timestamp, records)
       VALUES (?, ?, ?, ?, ?, ?)`,
    );
    const found = this.#database.statement(
      "SELECT end_offset, latest_timestamp FROM partition WHERE topic_id = ? AND partition = ?",
    ).get(topicId, partition) as unknown as PartitionEnd;
    let { end_offset: offset, latest_timestamp: latestMs } = found;
    if (rows.some(({ sharesHeaders }) => sharesHeaders)) this.#database.raiseVersion(VERSION_WITH_SHARED_HEADERS);
    for (const row of rows) {
      latestMs = Math.max(latestMs, row.latestMs);
      insert.run(topicId, partition, offset, row.count, latestMs, row.bytes);
      offset += row.count;
    }
    this.#database.statement(
      "UPDATE partition SET end_offset = ?, latest_timestamp = ? WHERE topic_id = ? AND partition = ?",
    ).run(offset, latestMs, topicId, partition);
  }
}
