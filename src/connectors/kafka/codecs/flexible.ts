/**
 * What newer versions of Kafka's requests are made of (KIP-482): lengths are variable-length numbers, one more than they say
 * with 0 for null, and every structure ends with tagged fields, which who does not know them steps over.
 */
import { Buffer } from "node:buffer";
import type { ByteReader, ByteWriter } from "../bytes.ts";

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const encoder = new TextEncoder();
const UUID_BYTES = 16;

/** Unsigned, 32 bits. */
export function readUnsigned(reader: ByteReader): number {
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = reader.int8() & 0xff;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return value;
  }
  throw new RangeError("a variable-length number is too long");
}

/** Unsigned, 32 bits. */
export function writeUnsigned(writer: ByteWriter, value: number): void {
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) writer.int8(rest % 128 - 128);
  writer.int8(rest);
}

/** Text, or null. */
export function readText(reader: ByteReader): string | null {
  const length = readUnsigned(reader) - 1;
  return length < 0 ? null : decoder.decode(reader.take(length));
}

/** Text, or null. */
export function writeText(writer: ByteWriter, text: string | null): void {
  if (text === null) return writeUnsigned(writer, 0);
  const bytes = encoder.encode(text);
  writeUnsigned(writer, bytes.length + 1);
  writer.put(bytes);
}

/** Some of one kind, each read by `read`; null is the same as an empty one. */
export function readArray<T>(reader: ByteReader, read: (reader: ByteReader) => T): T[] {
  const items: T[] = [];
  for (let left = readUnsigned(reader) - 1; left > 0; left--) items.push(read(reader));
  return items;
}

/** Some of one kind, each written by `write`; or null. */
export function writeArray<T>(writer: ByteWriter, items: readonly T[] | null, write: (item: T) => void): void {
  writeUnsigned(writer, items === null ? 0 : items.length + 1);
  items?.forEach(write);
}

/** As Kafka's tools print it, or undefined for the one of zeros, which stands for "not known". */
export function readUuid(reader: ByteReader): string | undefined {
  const bytes = reader.take(UUID_BYTES);
  return bytes.every((byte) => byte === 0) ? undefined : Buffer.from(bytes).toString("base64url");
}

/** From what {@link readUuid} gives; undefined is the one of zeros. */
export function writeUuid(writer: ByteWriter, id: string | undefined): void {
  writer.put(id === undefined ? new Uint8Array(UUID_BYTES) : Buffer.from(id, "base64url"));
}

/** The fields that end a structure. `known` reads the one of the tag; the rest is stepped over. */
export function readTags(reader: ByteReader, known: Readonly<Record<number, (reader: ByteReader) => void>> = {}): void {
  for (let left = readUnsigned(reader); left > 0; left--) {
    const tag = readUnsigned(reader);
    const length = readUnsigned(reader);
    const end = reader.at + length;
    known[tag]?.(reader);
    reader.at = end;
  }
}

/** Ends a structure without any. */
export function writeNoTags(writer: ByteWriter): void {
  writer.int8(0);
}
