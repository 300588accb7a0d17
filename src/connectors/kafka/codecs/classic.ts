/**
 * The encoding of versions of Kafka's requests before the flexible ones: a length is an int16 for a text and an int32 for bytes and
 * arrays, −1 for null.
 */
import { Buffer } from "node:buffer";
import type { ByteReader, ByteWriter } from "../bytes.ts";

/** Reads bytes, which live as long as the answer; null becomes empty. */
export function readBytes(reader: ByteReader): Buffer {
  const { buffer, byteOffset, length } = reader.take(Math.max(reader.int32(), 0));
  return Buffer.from(buffer, byteOffset, length);
}

/** Writes bytes. */
export function writeBytes(writer: ByteWriter, bytes: Uint8Array): void {
  writer.int32(bytes.length);
  writer.put(bytes);
}

/** Reads an array, each item by `read`; null becomes an empty array. */
export function readItems<T>(reader: ByteReader, read: (reader: ByteReader) => T): T[] {
  const items: T[] = [];
  for (let left = reader.int32(); left > 0; left--) items.push(read(reader));
  return items;
}

/** Writes an array, each item by `write`; or null. */
export function writeItems<T>(writer: ByteWriter, items: readonly T[] | null, write: (item: T) => void): void {
  writer.int32(items === null ? -1 : items.length);
  items?.forEach(write);
}
