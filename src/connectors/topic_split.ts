import { partitionSplit } from "../engine/internal.ts";
import {
  formatTime,
  type Json,
  NO_TIMESTAMP,
  RecordError,
  type RecordOrigin,
  type SourceSplit,
  type SplitStatus,
} from "../engine/mod.ts";
import type { BrokerRecord, FetchedBatch, PartitionEnd, Position } from "./broker.ts";
import { BrokerError } from "./broker_errors.ts";
import { lastRecordOf, type TopicIdentity } from "./topic_identity.ts";

/**
 * Makes a value of a record.
 * @throws {RecordError} with what was found, as the end of a sentence
 */
export type Decode<T> = (record: BrokerRecord) => T;

/**
 * Below both limits, for records and for bytes, a partition's queue is filled up by another fetch. They are low because records
 * that wait outlive the young generation of the heap, and collecting them costs more than fetching more often.
 */
const LOW_WATER_RECORDS = 300;
const LOW_WATER_BYTES = 1 << 18;

/** A fetched batch does not continue at the split's offset: the job goes back to its last commit and reads it again. */
class OutOfSequenceError extends BrokerError {
  override name = "OutOfSequenceError";
  override readonly code = "OUT_OF_SEQUENCE";
}

/** What a {@link TopicSplit} is made of. */
export interface TopicSplitParts<T> {
  readonly topic: string;
  readonly partition: number;
  /** Of the next record. */
  readonly position: number;
  /** Behind the last record that can be seen. */
  readonly end: number;
  /** Where a bounded run ends. */
  readonly bound?: number | undefined;
  /** The topic that the position points into: its id, or the identity in the last commit. */
  readonly identity?: TopicIdentity | undefined;
  readonly decode: Decode<T>;
}

/** A partition as a source split: its fetched records in order, and how far the job has taken them. */
export class TopicSplit<T> implements SourceSplit<T> {
  readonly id: string;
  readonly topic: string;
  readonly partition: number;
  readonly bound: number | undefined;
  // Plain fields: the intake reads them for every record.
  status: SplitStatus = "pending";
  nextTimestampMs = 0;
  arrival = 0;
  endAsked = 0;
  /** Where the next fetch begins. */
  fetchOffset: number;
  readonly #decode: Decode<T>;
  #identity: TopicIdentity | undefined;
  #end: PartitionEnd;
  /** The first record that an open transaction holds back, as far as it is known. */
  #held: { readonly offset: number; readonly timestampMs: number; readonly sinceMs: number } | undefined;
  #records: readonly BrokerRecord[] = [];
  #next = 0;
  /** Batches behind #records, in order. */
  #following: { readonly records: readonly BrokerRecord[]; readonly bytes: number; readonly arrival: number }[] = [];
  #queued = 0;
  /** Bytes of batches from which no record has been taken yet. */
  #queuedBytes = 0;
  #taken: BrokerRecord | undefined;

  constructor({ topic, partition, position, end, bound, identity, decode }: TopicSplitParts<T>) {
    this.id = partitionSplit(topic, partition);
    this.topic = topic;
    this.partition = partition;
    this.bound = bound;
    this.fetchOffset = position;
    this.#end = { committed: end, written: end };
    this.#identity = identity;
    this.#decode = decode;
    this.#settle();
  }

  /** Whether nothing is left to be fetched before the bound. */
  get fetched(): boolean {
    return this.bound !== undefined && this.fetchOffset >= this.bound;
  }

  get wantsMore(): boolean {
    return this.#queued < LOW_WATER_RECORDS && this.#queuedBytes < LOW_WATER_BYTES && !this.fetched;
  }

  get position(): Json {
    return this.#offset;
  }

  get topicPosition(): Position {
    return { topic: this.topic, partition: this.partition, offset: this.#offset };
  }

  get identity(): Json | undefined {
    const identity = this.#identity;
    if (this.#taken === undefined || (identity !== undefined && "topicId" in identity)) {
      return identity as Json | undefined;
    }
    // The position is read far more often than its last record changes.
    if (identity?.last.offset !== this.#taken.offset) this.#identity = { last: lastRecordOf(this.#taken) };
    return this.#identity as unknown as Json;
  }

  get lag(): number {
    return Math.max(0, (this.bound ?? this.#end.written) - this.#offset);
  }

  get waitsFor(): string {
    const since = this.#held === undefined ? "" : `, since ${formatTime(this.#held.sinceMs)}`;
    return `the end of a transaction that holds ${this.id} at offset ${this.fetchOffset}${since}: what is written there cannot ` +
      "be read before";
  }

  /** The position of a `held` split while the time of its first record is not known. */
  get unknownHeld(): Position | undefined {
    if (this.status !== "held" || this.#held?.offset === this.fetchOffset) return undefined;
    return { topic: this.topic, partition: this.partition, offset: this.fetchOffset };
  }

  /** @param endAsked when it was asked for, in `SourceContext.sequence()` */
  learnEnd(end: PartitionEnd, endAsked: number): void {
    this.endAsked = endAsked;
    this.#raiseEnd(end);
    if (this.status !== "ready") this.#settle();
  }

  /** Notes the timestamp of the record at {@link unknownHeld}, if it could be read, and since when it is known to be there. */
  learnHeld(offset: number, timestampMs: number | undefined, sinceMs: number): void {
    this.#held = { offset, timestampMs: timestampMs ?? Number.NEGATIVE_INFINITY, sinceMs };
    if (this.status !== "ready") this.#settle();
  }

  #raiseEnd({ committed, written }: PartitionEnd): void {
    this.#end = { committed: Math.max(this.#end.committed, committed), written: Math.max(this.#end.written, written) };
  }

  /**
   * @param arrival when it came, in `SourceContext.sequence()`
   * @throws {OutOfSequenceError} unless it goes on where the last batch ended, each offset once and ascending
   */
  push(batch: FetchedBatch, arrival: number): void {
    this.#checkSequence(batch);
    let { records, nextOffset } = batch;
    const { bytes } = batch;
    if (this.bound !== undefined && nextOffset > this.bound) {
      const { bound } = this;
      records = records.filter(({ offset }) => offset < bound);
      nextOffset = bound;
    }
    this.fetchOffset = nextOffset;
    this.#raiseEnd({ committed: nextOffset, written: nextOffset });
    if (records.length > 0) {
      this.#queued += records.length;
      this.#queuedBytes += bytes;
      this.#following.push({ records, bytes, arrival });
    }
    if (this.status !== "ready") this.#settle();
  }

  #checkSequence({ records, nextOffset }: FetchedBatch): void {
    let least = this.fetchOffset;
    for (const { offset } of records) {
      if (offset < least) throw this.#outOfSequence(offset, least);
      least = offset + 1;
    }
    if (nextOffset < least) throw this.#outOfSequence(nextOffset, least);
  }

  #outOfSequence(offset: number, least: number): OutOfSequenceError {
    return new OutOfSequenceError(
      `Cannot take offset ${offset} of "${this.topic}" partition ${this.partition}: the next one to come is ${least} or later`,
    );
  }

  take(): T {
    const records = this.#records;
    const record = records[this.#next++]!;
    this.#taken = record;
    this.#queued--;
    if (this.#next < records.length) this.nextTimestampMs = timeOf(records[this.#next]!);
    else this.#settle();
    try {
      return this.#decode(record);
    } catch (error) {
      if (!(error instanceof RecordError)) throw error;
      throw new RecordError(
        `Cannot decode "${this.topic}" partition ${this.partition} offset ${record.offset}: ${error.message}`,
      );
    }
  }

  origin(): RecordOrigin | undefined {
    if (this.#taken === undefined) return undefined;
    const { topic, partition } = this;
    const { offset, timestampMs, key, value, headers } = this.#taken;
    return { topic, partition, offset, timestampMs, key, value, headers };
  }

  get #offset(): number {
    return this.#next < this.#records.length ? this.#records[this.#next]!.offset : this.fetchOffset;
  }

  /** Finds out what comes next when a batch is used up, or when there was none. */
  #settle(): void {
    const following = this.#following.shift();
    if (following !== undefined) {
      this.#queuedBytes -= following.bytes;
      this.#records = following.records;
      this.#next = 0;
      this.arrival = following.arrival;
      this.nextTimestampMs = timeOf(following.records[0]!);
      this.status = "ready";
      return;
    }
    this.#records = [];
    this.#next = 0;
    if (this.fetched) this.status = "finished";
    else if (this.fetchOffset < this.#end.committed) this.status = "pending";
    else if (this.fetchOffset >= this.#end.written) this.status = "caughtUp";
    else {
      const held = this.#held;
      this.nextTimestampMs = held?.offset === this.fetchOffset ? held.timestampMs : Number.NEGATIVE_INFINITY;
      this.status = "held";
    }
  }
}

/** A record's timestamp; in Kafka −1 stands for a record whose producer set no time. */
function timeOf({ timestampMs }: BrokerRecord): number {
  return timestampMs === -1 ? NO_TIMESTAMP : timestampMs;
}
