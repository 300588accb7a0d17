import type { BrokerRecord, FetchedBatch, Fetcher, Position } from "../broker.ts";
import { BrokerError, OffsetOutOfRangeError, UnknownTopicError } from "../broker_errors.ts";
import { decodeBatch } from "./batch.ts";
import { type Database, yieldToOthers } from "./database.ts";
import {
  findTopic,
  type PartitionRange,
  partitionRanges,
  type Topic,
  unknownPartition,
  unknownTopics,
} from "./topics.ts";

/** How often a waiting fetch looks for new records, ms. */
const POLL_MS = 5;

/** A fetch stops reading a partition after this many bytes, at the end of the row. */
const FETCH_BYTES = 256 * 1024;
const FETCH_RECORDS = 500;

/** A fetcher that reads all positions from one snapshot of the log. */
export class EmbeddedFetcher implements Fetcher {
  readonly #database: Database;
  readonly #onClose: (fetcher: EmbeddedFetcher) => void;
  /** Topics that have been read. A topic that is deleted stays deleted for this fetcher, though its name may come back. */
  readonly #topics = new Map<string, Topic>();
  /** Ends the pause of a waiting fetch. */
  #wake: (() => void) | undefined;
  #fetching = false;
  #closed = false;

  /** @param onClose called once */
  constructor(database: Database, onClose: (fetcher: EmbeddedFetcher) => void) {
    this.#database = database;
    this.#onClose = onClose;
  }

  async fetch(positions: readonly Position[], maxWaitMs: number): Promise<FetchedBatch[]> {
    if (this.#closed) throw new BrokerError("Cannot fetch records: the fetcher has been closed");
    if (this.#fetching) throw new Error("Cannot fetch records while another fetch() of this fetcher is under way");
    this.#fetching = true;
    try {
      await yieldToOthers();
      return await this.#fetch(positions, performance.now() + maxWaitMs);
    } finally {
      this.#fetching = false;
    }
  }

  close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      this.#wake?.();
      this.#onClose(this);
    }
    return Promise.resolve();
  }

  async #fetch(positions: readonly Position[], untilMs: number): Promise<FetchedBatch[]> {
    let seen: number | undefined;
    while (!this.#closed) {
      const changes = this.#database.changes();
      if (changes !== seen) {
        // Taken before reading: a commit in between makes the fetch read once more, not miss records.
        seen = changes;
        const batches = this.#database.read(() => this.#read(positions));
        if (batches.length > 0) return batches;
      }
      const leftMs = untilMs - performance.now();
      if (leftMs <= 0) break;
      await this.#pause(Math.min(POLL_MS, leftMs));
    }
    return [];
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #read(positions: readonly Position[]): FetchedBatch[] {
    const batches: FetchedBatch[] = [];
    const ranges = new Map<string, PartitionRange[]>();
    for (const { topic: name, partition, offset } of positions) {
      const topic = this.#topic(name);
      const known = ranges.get(name) ?? partitionRanges(this.#database, topic);
      ranges.set(name, known);
      const range = known[partition];
      if (range === undefined) throw unknownPartition(topic, partition, "read");
      if (!(offset >= range.start && offset <= range.end)) throw outOfRange(name, partition, offset, range);
      if (offset < range.end) batches.push(this.#readPartition(topic, partition, offset));
    }
    return batches;
  }

  #readPartition({ id, name }: Topic, partition: number, fromOffset: number): FetchedBatch {
    const records: BrokerRecord[] = [];
    let bytes = 0;
    // From the row that the position lies in, or begins with.
    const rows = this.#database.statement(
      `SELECT base_offset, records FROM batch
       WHERE topic_id = ?1 AND partition = ?2 AND base_offset >= (
         SELECT max(base_offset) FROM batch WHERE topic_id = ?1 AND partition = ?2 AND base_offset <= ?3
       )
       ORDER BY base_offset`,
    ).iterate(id, partition, fromOffset);
    for (const row of rows) {
      const packed = row.records as Uint8Array;
      decodeBatch(packed, row.base_offset as number, fromOffset, records);
      bytes += packed.length;
      if (bytes >= FETCH_BYTES || records.length >= FETCH_RECORDS) break;
    }
    return { topic: name, partition, records, nextOffset: records.at(-1)!.offset + 1, bytes };
  }

  #topic(name: string): Topic {
    const found = findTopic(this.#database, name);
    const known = this.#topics.get(name);
    if (known === undefined) {
      if (found === undefined) throw unknownTopics([name], "read");
      this.#topics.set(name, found);
      return found;
    }
    if (found?.id === known.id) return found;
    const end = found === undefined ? "deleted" : "deleted and created anew";
    throw new UnknownTopicError([name], `Cannot read on in topic "${name}": it was ${end} while it was being read`);
  }
}

function outOfRange(topic: string, partition: number, offset: number, { start, end }: PartitionRange): Error {
  return new OffsetOutOfRangeError(
    `Cannot read topic "${topic}" partition ${partition} at offset ${offset}: its offsets go from ${start} to ${end}`,
  );
}
