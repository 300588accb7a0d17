/**
 * The encoding of flexible versions of Kafka's requests (KIP-482): a length is a variable-length number of one more than it
 * counts, 0 for null, and every structure ends with tagged fields, of which unknown ones are stepped over.
 */
import { Buffer } from "node:buffer";
import type { ByteReader, ByteWriter } from "../bytes.ts";

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const encoder = new TextEncoder();
const UUID_BYTES = 16;

/** Reads an unsigned 32 bit number of variable length. */
export function readUnsigned(reader: ByteReader): number {
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = reader.int8() & 0xff;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return value;
  }
  throw new RangeError("a variable-length number is too long");
}

/** Writes an unsigned 32 bit number of variable length. */
export function writeUnsigned(writer: ByteWriter, value: number): void {
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) writer.int8(rest % 128 - 128);
  writer.int8(rest);
}

/** Reads a text, or null. */
export function readText(reader: ByteReader): string | null {
  const length = readUnsigned(reader) - 1;
  return length < 0 ? null : decoder.decode(reader.take(length));
}

/** Writes a text, or null. */
export function writeText(writer: ByteWriter, text: string | null): void {
  if (text === null) return writeUnsigned(writer, 0);
  const bytes = encoder.encode(text);
  writeUnsigned(writer, bytes.length + 1);
  writer.put(bytes);
}

/** Reads an array, each item by `read`; null becomes an empty array. */
export function readArray<T>(reader: ByteReader, read: (reader: ByteReader) => T): T[] {
  const items: T[] = [];
  for (let left = readUnsigned(reader) - 1; left > 0; left--) items.push(read(reader));
  return items;
}

/** Writes an array, each item by `write`; or null. */
export function writeArray<T>(writer: ByteWriter, items: readonly T[] | null, write: (item: T) => void): void {
  writeUnsigned(writer, items === null ? 0 : items.length + 1);
  items?.forEach(write);
}

/** Reads a UUID in the form that Kafka's tools print; undefined for that of zeros, which stands for "not known". */
export function readUuid(reader: ByteReader): string | undefined {
  const bytes = reader.take(UUID_BYTES);
  return bytes.every((byte) => byte === 0) ? undefined : Buffer.from(bytes).toString("base64url");
}

/** Writes a UUID in the form that Kafka's tools print; undefined becomes that of zeros. */
export function writeUuid(writer: ByteWriter, id: string | undefined): void {
  writer.put(id === undefined ? new Uint8Array(UUID_BYTES) : Buffer.from(id, "base64url"));
}

/** Reads the tagged fields at the end of a structure: those in `known` by its functions, others are stepped over. */
export function readTags(reader: ByteReader, known: Readonly<Record<number, (reader: ByteReader) => void>> = {}): void {
  for (let left = readUnsigned(reader); left > 0; left--) {
    const tag = readUnsigned(reader);
    const length = readUnsigned(reader);
    const end = reader.at + length;
    known[tag]?.(reader);
    reader.at = end;
  }
}

/** Ends a structure without tagged fields. */
export function writeNoTags(writer: ByteWriter): void {
  writer.int8(0);
}
