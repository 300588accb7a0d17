import type { OutgoingRecord } from "../broker.ts";
import { murmur2, partitionOf, partitionOfHash } from "../murmur2.ts";

/**
 * An outgoing record whose value lies right behind its key, in bytes that it shares with other records. The views of both are
 * made on demand: thousands of records wait for a flush, and ready-made views would multiply the memory that the garbage
 * collector has to copy.
 */
export class EncodedRecord implements OutgoingRecord {
  readonly topic: string;
  readonly partition: number | undefined;
  readonly timestampMs: number;
  readonly keyLength: number;
  /** Below 0: the record has no value. */
  readonly valueLength: number;
  /** Where key and value lie, among others. */
  readonly bytes: Uint8Array;
  /** Where in the bytes the key begins. */
  readonly at: number;

  /**
   * Positional, as one is made for each record and an object of options would be one more.
   * @param at where in `bytes` the key begins
   */
  constructor(
    topic: string,
    partition: number | undefined,
    timestampMs: number,
    bytes: Uint8Array,
    at: number,
    keyLength: number,
    valueLength: number,
  ) {
    this.topic = topic;
    this.partition = partition;
    this.timestampMs = timestampMs;
    this.keyLength = keyLength;
    this.valueLength = valueLength;
    this.bytes = bytes;
    this.at = at;
  }

  get key(): Uint8Array {
    return this.bytes.subarray(this.at, this.at + this.keyLength);
  }

  get value(): Uint8Array | null {
    const at = this.at + this.keyLength;
    return this.valueLength < 0 ? null : this.bytes.subarray(at, at + this.valueLength);
  }

  /** Key and value in one. */
  get keyAndValue(): Uint8Array {
    return this.bytes.subarray(this.at, this.at + this.keyLength + Math.max(0, this.valueLength));
  }
}

/** The partition that a record's key chooses; undefined if it has none. */
export function keyPartition(record: OutgoingRecord, partitions: number): number | undefined {
  if (record instanceof EncodedRecord) {
    return partitionOfHash(murmur2(record.bytes, record.at, record.keyLength), partitions);
  }
  return record.key === null ? undefined : partitionOf(record.key, partitions);
}
