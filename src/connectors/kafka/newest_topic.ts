import type { BrokerRecord, Producer } from "../broker.ts";
import { STATUS_KEPT_MS } from "../broker.ts";
import { BrokerError, OffsetOutOfRangeError, TopicExistsError, UnknownTopicError } from "../broker_errors.ts";
import type { Client } from "./client.ts";
import { createTopics, untilReady } from "./create_topics.ts";
import { KafkaFetcher } from "./fetcher.ts";
import { KafkaProducer } from "./producer.ts";
import { describeTopics, listTopics } from "./topics.ts";

/**
 * Keeps the newest record of each key, in time, and no record for longer than a day; and never more than a few segments, should
 * compaction fall behind. Small segments, as only closed ones are compacted and deleted.
 */
const SETTINGS = {
  "cleanup.policy": "compact,delete",
  "retention.ms": STATUS_KEPT_MS,
  "retention.bytes": 64 << 20,
  "segment.bytes": 4 << 20,
  "segment.ms": 600_000,
  "min.cleanable.dirty.ratio": 0.1,
  "delete.retention.ms": 600_000,
};

/** So many bytes of the topic are fetched at once. */
const FETCH_BYTES = 4 << 20;
const FETCH_WAIT_MS = 100;
/** After so many empty answers in a row reading stops before the end: there may be no batch that leads to it. */
const EMPTY_ANSWERS = 3;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** What stands under a key. */
export interface NewestRecord {
  readonly key: string;
  /** ms since the Unix epoch */
  readonly atMs: number;
  readonly text: string;
}

/**
 * A small topic of which only the newest record of each key counts, apart from all transactions. What is opened for it is opened at
 * its first use.
 */
export class NewestTopic {
  readonly name: string;
  readonly #client: Client;
  #producer: Producer | undefined;
  #isThere = false;
  #reading: Promise<unknown> = Promise.resolve();
  #fetcher: KafkaFetcher | undefined;
  #isClosed = false;
  #offset: number | undefined;
  readonly #newest = new Map<string, NewestRecord>();

  constructor(client: Client, name: string) {
    this.#client = client;
    this.name = name;
  }

  /** Writes a record; creates the topic if it is missing. @throws {BrokerError} if it cannot be written */
  async write(record: NewestRecord): Promise<void> {
    await this.#ensureTopic();
    await this.#send(record, encoder.encode(record.text));
  }

  /** Deletes what stands under a key. */
  async remove(key: string): Promise<void> {
    await this.#send({ key, atMs: Date.now() }, null);
  }

  /** The newest record of each key, of the last day. Later calls read only what has come since. */
  async records(): Promise<NewestRecord[]> {
    // One after the other, as they share a position.
    const reading = this.#reading.then(() => this.#readOn());
    this.#reading = reading.catch(() => {});
    await reading;
    this.#forgetOld();
    return [...this.#newest.values()];
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#producer?.close();
    await this.#fetcher?.close();
  }

  async #send({ key, atMs }: Omit<NewestRecord, "text">, value: Uint8Array | null): Promise<void> {
    // What was on its way when the broker was closed must open nothing any more.
    if (this.#isClosed) throw new BrokerError(`Cannot write to "${this.name}": the broker was closed`);
    this.#producer ??= new KafkaProducer(this.#client.fork());
    const timestampMs = Math.max(0, Math.floor(atMs));
    try {
      await this.#producer.send([{ topic: this.name, key: encoder.encode(key), value, timestampMs }]);
    } catch (error) {
      if (error instanceof UnknownTopicError) this.#isThere = false;
      throw error;
    }
  }

  async #ensureTopic(): Promise<void> {
    if (this.#isThere) return;
    if (!(await listTopics(this.#client)).includes(this.name)) {
      try {
        const spec = { name: this.name, partitions: 1, replicas: "safe", settings: SETTINGS } as const;
        await createTopics(this.#client, [spec]);
      } catch (error) {
        if (!(error instanceof TopicExistsError)) throw error;
        await untilReady(this.#client, [this.name]); // somebody else is creating it
      }
    }
    this.#isThere = true;
  }

  async #readOn(): Promise<void> {
    let end: number;
    try {
      const [description] = await describeTopics(this.#client, [this.name]);
      end = description!.endOffsets[0]!;
      this.#offset ??= description!.startOffsets[0]!;
    } catch (error) {
      if (!(error instanceof UnknownTopicError)) throw error;
      await this.#startOver();
      return;
    }
    this.#fetcher ??= new KafkaFetcher(this.#client.fork(), { partitionBytes: FETCH_BYTES });
    for (let empty = 0; this.#offset < end && empty < EMPTY_ANSWERS;) {
      const position = { topic: this.name, partition: 0, offset: this.#offset };
      try {
        const batches = await this.#fetcher.fetch([position], FETCH_WAIT_MS);
        empty = batches.length === 0 ? empty + 1 : 0;
        for (const { records, nextOffset } of batches) {
          for (const record of records) this.#note(record);
          this.#offset = nextOffset;
        }
      } catch (error) {
        // The topic was deleted and created again, or its retention has passed this reader by.
        if (!(error instanceof UnknownTopicError || error instanceof OffsetOutOfRangeError)) throw error;
        await this.#startOver();
        return;
      }
    }
  }

  async #startOver(): Promise<void> {
    this.#newest.clear();
    this.#offset = undefined;
    await this.#fetcher?.close();
    this.#fetcher = undefined;
  }

  #note({ key: bytes, value, timestampMs }: BrokerRecord): void {
    if (bytes === null) return;
    const key = decoder.decode(bytes);
    if (value === null) this.#newest.delete(key);
    else this.#newest.set(key, { key, atMs: timestampMs, text: decoder.decode(value) });
  }

  /** The broker deletes in time, and whole segments. */
  #forgetOld(): void {
    const sinceMs = Date.now() - STATUS_KEPT_MS;
    for (const [key, { atMs }] of this.#newest) if (atMs < sinceMs) this.#newest.delete(key);
  }
}
