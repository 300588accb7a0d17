import type { BrokerRecord, Compression, RecordHeaders } from "../broker.ts";
import { BrokerError } from "../broker_errors.ts";
import { FetchedRecord } from "../records/fetched_record.ts";
import { SharedBytes } from "../records/shared_bytes.ts";
import { ByteReader } from "./bytes.ts";
import { COMPRESSIONS, decompress } from "./compression.ts";
import { crc32c } from "./crc32c.ts";
import {
  ATTRIBUTES_AT,
  CHECKSUM_AT,
  COMPRESSION,
  CONTROL,
  LENGTH_AT,
  LOG_APPEND_TIME,
  MAGIC_AT,
  RECORDS_AT,
  TRANSACTIONAL,
} from "./record_batch.ts";

/** The header of a batch: whether a reader sees its records, and where to read on. */
export interface BatchHeader {
  /** The last offset that the batch covers, though its record may have been compacted away. */
  readonly lastOffset: number;
  readonly producerId: bigint;
  readonly transactional: boolean;
  /** Whether it holds the marker of a transaction's end, which readers do not see. */
  readonly control: boolean;
  /** Of a control batch: whether it has a marker, and that is an abort. */
  readonly abort: boolean;
  /** The index in the bytes where the next batch begins. */
  readonly end: number;
}

/** Where bytes came from, for messages. */
export interface BatchSource {
  readonly topic: string;
  readonly partition: number;
}

/**
 * The header of the batch at `at` in a broker's answer; undefined if the batch is cut off, as a broker fills its answer up to
 * the limit.
 *
 * @throws {BrokerError} if the bytes are damaged or from a Kafka before 0.11
 */
export function readHeader(bytes: Uint8Array, at: number, source: BatchSource): BatchHeader | undefined {
  if (at + MAGIC_AT >= bytes.length) return undefined;
  const reader = new ByteReader(bytes);
  reader.at = at;
  const baseOffset = reader.int64();
  const end = at + LENGTH_AT + 4 + reader.int32();
  const magic = bytes[at + MAGIC_AT]!;
  if (magic !== 2) {
    throw new BrokerError(`Cannot read ${place(source, baseOffset)}: its batch has format ${magic}, only 2 is known`);
  }
  if (end > bytes.length) return undefined;
  reader.at = at + CHECKSUM_AT;
  if (end < at + RECORDS_AT || reader.uint32() !== crc32c(bytes.subarray(at + ATTRIBUTES_AT, end))) {
    throw new BrokerError(
      `Cannot read ${place(source, baseOffset)}: its batch has a wrong checksum, the log is damaged`,
    );
  }
  const attributes = reader.int16();
  const lastOffset = baseOffset + reader.int32();
  reader.at += 16; // timestamps
  const producerId = reader.bigint64();
  reader.at += 6; // the producer's epoch and sequence
  const count = reader.int32();
  const control = (attributes & CONTROL) !== 0;
  return {
    lastOffset,
    producerId,
    transactional: (attributes & TRANSACTIONAL) !== 0,
    control,
    // Compaction leaves the batch of a producer's last marker behind without the marker.
    abort: control && count > 0 && isAbort(bytes.subarray(at, end)),
    end,
  };
}

/** The key of a control record holds its version and its type, int16 each; type 0 is an abort. */
function isAbort(batch: Uint8Array): boolean {
  const reader = new ByteReader(batch);
  reader.at = RECORDS_AT;
  reader.varint(); // length, then attributes, timestamp, offset, length of the key
  reader.int8();
  reader.varlong();
  reader.varint();
  reader.varint();
  reader.int16(); // version
  return reader.int16() === 0;
}

/** The codecs of the batches in a broker's answer, as far as their headers are complete. The headers are not checked. */
export function compressionsOf(bytes: Uint8Array): Set<Compression> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = new Set<Compression>();
  for (let at = 0; at + RECORDS_AT <= bytes.length;) {
    const compression = COMPRESSIONS[view.getInt16(at + ATTRIBUTES_AT) & COMPRESSION];
    if (compression !== undefined) found.add(compression);
    const end = at + LENGTH_AT + 4 + view.getInt32(at + LENGTH_AT);
    if (end <= at) break;
    at = end;
  }
  return found;
}

/**
 * Appends the records from offset `from` on of the batch at `at`, which {@link readHeader} has checked.
 *
 * @returns the size of the records when decompressed, bytes
 * @throws {BrokerError} if the records do not match the header
 */
export function readRecords(
  bytes: Uint8Array,
  at: number,
  from: number,
  source: BatchSource,
  into: BrokerRecord[],
): number {
  const header = new ByteReader(bytes);
  header.at = at;
  const baseOffset = header.int64();
  const end = at + LENGTH_AT + 4 + header.int32();
  header.at = at + ATTRIBUTES_AT;
  const attributes = header.int16();
  header.int32();
  const baseTimestamp = header.int64();
  const appendTime = (attributes & LOG_APPEND_TIME) !== 0 ? header.int64() : undefined;
  header.at = at + RECORDS_AT - 4;
  const count = header.int32();

  const compression = attributes & COMPRESSION;
  const packed = bytes.subarray(at + RECORDS_AT, end);
  const plain = compression === 0 ? packed : unpack(packed, compression, source, baseOffset);
  const place = { baseOffset, baseTimestamp, appendTime, from };
  try {
    readEach(plain, count, place, into);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw damaged(source, baseOffset, COMPRESSIONS[compression]!, { what: `holds no ${count} records`, cause: error });
  }
  return plain.length;
}

/** The place of a batch's records in the partition, and which of them are wanted. */
interface BatchPlace {
  readonly baseOffset: number;
  readonly baseTimestamp: number;
  /** The timestamp of all records, in a topic with LogAppendTime. */
  readonly appendTime: number | undefined;
  /** The first offset that is wanted. */
  readonly from: number;
}

/** @throws {RangeError} if the bytes are not `count` records */
function readEach(plain: Uint8Array, count: number, place: BatchPlace, into: BrokerRecord[]): void {
  const { baseOffset, baseTimestamp, appendTime, from } = place;
  const reader = new ByteReader(plain);
  const shared = new SharedBytes(plain);
  for (let index = 0; index < count; index++) {
    const length = reader.varint();
    const next = reader.at + length;
    reader.int8();
    const timestampDelta = reader.varlong();
    const offset = baseOffset + reader.varint();
    if (offset >= from) {
      const timestampMs = appendTime ?? baseTimestamp + timestampDelta;
      const keyLength = reader.varint();
      const keyAt = reader.skip(keyLength);
      const valueLength = reader.varint();
      const valueAt = reader.skip(valueLength);
      const headers = readHeaders(reader);
      into.push(new FetchedRecord(offset, timestampMs, headers, shared, keyAt, keyLength, valueAt, valueLength));
    }
    reader.at = next;
  }
}

function readBytes(reader: ByteReader): Uint8Array | null {
  const length = reader.varint();
  return length < 0 ? null : reader.take(length);
}

function readHeaders(reader: ByteReader): RecordHeaders | undefined {
  const count = reader.varint();
  if (count === 0) return undefined;
  const headers: [string, Uint8Array | null][] = [];
  for (let index = 0; index < count; index++) headers.push([reader.text(reader.varint()), readBytes(reader)]);
  return headers;
}

function unpack(packed: Uint8Array, codec: number, source: BatchSource, offset: number): Uint8Array {
  const compression = COMPRESSIONS[codec];
  if (compression === undefined) {
    throw new BrokerError(
      `Cannot read ${place(source, offset)}: its batch is compressed with codec ${codec}, which Kafka does not have; ` +
        `known are ${COMPRESSIONS.slice(1).join(", ")}`,
    );
  }
  try {
    return decompress(packed, compression);
  } catch (error) {
    throw damaged(source, offset, compression, { what: "cannot be decompressed", cause: error });
  }
}

function damaged(
  source: BatchSource,
  offset: number,
  compression: Compression,
  { what, cause }: { readonly what: string; readonly cause: unknown },
): BrokerError {
  const batch = compression === "none" ? "its batch" : `its batch, compressed with ${compression},`;
  return new BrokerError(
    `Cannot read ${
      place(source, offset)
    }: ${batch} ${what}, though its checksum is right: its producer has written it so; ` +
      "to begin behind it, start with --reset --from TIME",
    { cause },
  );
}

function place({ topic, partition }: BatchSource, offset: number): string {
  return `"${topic}" partition ${partition} offset ${offset}`;
}
