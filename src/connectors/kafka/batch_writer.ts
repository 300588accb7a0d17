import type { Compression, OutgoingRecord } from "../broker.ts";
import { EncodedRecord } from "../records/encoded_record.ts";
import { HEADER_NAMES } from "../records/known_texts.ts";
import { ByteWriter, sizeOfVarint, sizeOfVarlong } from "./bytes.ts";
import { compress, COMPRESSIONS } from "./compression.ts";
import { crc32c } from "./crc32c.ts";
import { ATTRIBUTES_AT, CHECKSUM_AT, LENGTH_AT, RECORDS_AT, TRANSACTIONAL } from "./record_batch.ts";

/** The producer of a batch; the broker drops a batch that repeats a sequence number. */
export interface BatchProducer {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly transactional: boolean;
  /** Its codec must have been loaded; left out: no compression. */
  readonly compression?: Compression;
}

/** An upper bound of what a record takes in a batch, bytes. */
export function sizeOfRecord(record: OutgoingRecord): number {
  // Its key and value would be views that are made for this alone.
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
  writer.int64(latestOf(records));
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

function latestOf(records: readonly OutgoingRecord[]): number {
  let latest = records[0]!.timestampMs;
  for (const { timestampMs } of records) if (timestampMs > latest) latest = timestampMs;
  return latest;
}

function writeRecord(writer: ByteWriter, record: OutgoingRecord, offsetDelta: number, baseTimestamp: number): void {
  if (record instanceof EncodedRecord) return writeEncoded(writer, record, offsetDelta, baseTimestamp);
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

/** Without views of key and value, which nearly all records would need. */
function writeEncoded(writer: ByteWriter, record: EncodedRecord, offsetDelta: number, baseTimestamp: number): void {
  const { bytes, at, keyLength, valueLength } = record;
  const timestampDelta = record.timestampMs - baseTimestamp;
  const size = 1 + sizeOfVarlong(timestampDelta) + sizeOfVarint(offsetDelta) + sizeOfPart(keyLength) +
    sizeOfPart(valueLength) + 1;
  writer.varint(size);
  writer.int8(0);
  writer.varlong(timestampDelta);
  writer.varint(offsetDelta);
  writer.varint(keyLength);
  writer.putPart(bytes, at, keyLength);
  writer.varint(valueLength);
  writer.putPart(bytes, at + keyLength, valueLength);
  writer.varint(0);
}

const NO_HEADERS: readonly { readonly name: Uint8Array; readonly bytes: Uint8Array | null }[] = [];

function writeBytes(writer: ByteWriter, bytes: Uint8Array | null): void {
  if (bytes === null) return writer.varint(-1);
  writer.varint(bytes.length);
  writer.put(bytes);
}

function sizeOfBytes(bytes: Uint8Array | null): number {
  return sizeOfPart(bytes?.length ?? -1);
}

/** @param length below 0: there is nothing */
function sizeOfPart(length: number): number {
  return length < 0 ? 1 : sizeOfVarint(length) + length;
}
