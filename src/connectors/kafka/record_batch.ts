/**
 * Kafka's record batch, version 2, in both directions.
 *
 *     0 base offset | 8 length of the rest | 12 leader epoch | 16 magic = 2 | 17 checksum of all that follows
 *     21 attributes | 23 last offset delta | 27 base timestamp | 35 max timestamp
 *     43 producer id | 51 producer epoch | 53 base sequence | 57 number of records | 61 records
 *
 * kafkajs' codec is not used: it drops the numbers in the batch's header, which say where to read on, and takes several times as
 * long for a record (see bench/NOTES.md).
 *
 * @see https://kafka.apache.org/documentation/#recordbatch
 */
import type { BrokerRecord, Compression, OutgoingRecord, RecordHeaders } from "../broker.ts";
import { BrokerError } from "../broker_errors.ts";
import { HEADER_NAMES } from "../records/known_texts.ts";
import { EncodedRecord } from "../records/encoded_record.ts";
import { FetchedRecord } from "../records/fetched_record.ts";
import { ByteReader, ByteWriter, sizeOfVarint, sizeOfVarlong } from "./bytes.ts";
import { compress, COMPRESSIONS, decompress } from "./compression.ts";
import { crc32c } from "./crc32c.ts";

/** The producer of a batch; the broker drops a batch that repeats a sequence number. */
export interface BatchProducer {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly transactional: boolean;
  /** Its codec must have been loaded; left out: no compression. */
  readonly compression?: Compression;
}

/** The header of a batch: whether a reader sees its records, and where to read on. */
export interface BatchHeader {
  /** The last offset that the batch covers, though its record may have been compacted away. */
  readonly lastOffset: number;
  readonly producerId: bigint;
  readonly transactional: boolean;
  /** Whether it holds the marker of a transaction's end, which readers do not see. */
  readonly control: boolean;
  /** Of a control batch: whether its marker is an abort. */
  readonly abort: boolean;
  /** The index in the bytes where the next batch begins. */
  readonly end: number;
}

/** Where bytes came from, for messages. */
export interface BatchSource {
  readonly topic: string;
  readonly partition: number;
}

const LENGTH_AT = 8;
const MAGIC_AT = 16;
const CHECKSUM_AT = 17;
const ATTRIBUTES_AT = 21;
const RECORDS_AT = 61;

const COMPRESSION = 0x07;
const LOG_APPEND_TIME = 0x08;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;

/** An upper bound of what a record takes in a batch, bytes. */
export function sizeOfRecord(record: OutgoingRecord): number {
  // Without the views.
  if (record instanceof EncodedRecord) return 36 + record.keyLength + Math.max(0, record.valueLength);
  const { key, value, headers } = record;
  let size = 36 + (key?.length ?? 0) + (value?.length ?? 0);
  if (headers !== undefined) {
    for (const [name, bytes] of headers) size += 10 + name.length * 3 + (bytes?.length ?? 0);
  }
  return size;
}

/** A cheap upper bound of {@link sizeAlone} without compression. */
export function mostAlone(record: OutgoingRecord): number {
  return sizeOfRecord(record) + RECORDS_AT;
}

/** The size of a batch that holds only this record, bytes. */
export function sizeAlone(record: OutgoingRecord, compression: Compression = "none"): number {
  const writer = new ByteWriter(mostAlone(record));
  writeBatch(writer, [record], { producerId: -1n, producerEpoch: 0, transactional: false, compression }, 0);
  return writer.length;
}

/** Appends one batch. `records` must not be empty; their topics and partitions are the caller's. */
export function writeBatch(
  writer: ByteWriter,
  records: readonly OutgoingRecord[],
  producer: BatchProducer,
  baseSequence: number,
): void {
  const start = writer.length;
  const attributes = producer.transactional ? TRANSACTIONAL : 0;
  const baseTimestamp = records[0]!.timestampMs;
  writer.int64(0);
  writer.int32(0);
  writer.int32(-1);
  writer.int8(2);
  writer.int32(0);
  writer.int16(attributes);
  writer.int32(records.length - 1);
  writer.int64(baseTimestamp);
  writer.int64(records.reduce((latest, { timestampMs }) => Math.max(latest, timestampMs), baseTimestamp));
  writer.bigint64(producer.producerId);
  writer.int16(producer.producerEpoch);
  writer.int32(baseSequence);
  writer.int32(records.length);
  for (let index = 0; index < records.length; index++) writeRecord(writer, records[index]!, index, baseTimestamp);
  const { compression = "none" } = producer;
  if (compression !== "none") {
    const plain = writer.written(start + RECORDS_AT);
    const packed = compress(plain, compression);
    // If compression saves nothing, readers are spared the work.
    if (packed.length < plain.length) {
      writer.goBack(start + RECORDS_AT);
      writer.put(packed);
      writer.patchInt16(start + ATTRIBUTES_AT, attributes | COMPRESSIONS.indexOf(compression));
    }
  }
  writer.patchInt32(start + LENGTH_AT, writer.length - start - LENGTH_AT - 4);
  writer.patchInt32(start + CHECKSUM_AT, crc32c(writer.written(start + ATTRIBUTES_AT)) | 0);
}

function writeRecord(writer: ByteWriter, record: OutgoingRecord, offsetDelta: number, baseTimestamp: number): void {
  const { key, value, headers } = record;
  const timestampDelta = record.timestampMs - baseTimestamp;
  const named = headers === undefined
    ? NO_HEADERS
    : headers.map(([name, bytes]) => ({ name: HEADER_NAMES.encode(name), bytes }));
  let size = 1 + sizeOfVarlong(timestampDelta) + sizeOfVarint(offsetDelta) + sizeOfBytes(key) + sizeOfBytes(value) +
    sizeOfVarint(named.length);
  for (const { name, bytes } of named) size += sizeOfBytes(name) + sizeOfBytes(bytes);

  writer.varint(size);
  writer.int8(0);
  writer.varlong(timestampDelta);
  writer.varint(offsetDelta);
  writeBytes(writer, key);
  writeBytes(writer, value);
  writer.varint(named.length);
  for (const { name, bytes } of named) {
    writeBytes(writer, name);
    writeBytes(writer, bytes);
  }
}

const NO_HEADERS: readonly { readonly name: Uint8Array; readonly bytes: Uint8Array | null }[] = [];

function writeBytes(writer: ByteWriter, bytes: Uint8Array | null): void {
  if (bytes === null) return writer.varint(-1);
  writer.varint(bytes.length);
  writer.put(bytes);
}

function sizeOfBytes(bytes: Uint8Array | null): number {
  return bytes === null ? 1 : sizeOfVarint(bytes.length) + bytes.length;
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
  const control = (attributes & CONTROL) !== 0;
  return {
    lastOffset,
    producerId: reader.bigint64(),
    transactional: (attributes & TRANSACTIONAL) !== 0,
    control,
    abort: control && isAbort(bytes.subarray(at, end)),
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
      into.push(new FetchedRecord(offset, timestampMs, headers, plain, keyAt, keyLength, valueAt, valueLength));
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
