/**
 * A record that waits in front of a sink, as the runner keeps it in its state (`Waiting.java`): `i64 time in ms, big endian`, and behind it
 * the element as it goes to a topic (`protocol/frame.ts`).
 */
import type { WaitingRecord } from "../connectors/waiting_records.ts";
import { readHeaders, writeHeaders } from "./protocol/bodies.ts";
import { ByteWriter } from "./protocol/byte_writer.ts";
import { HEADER_BYTES } from "./protocol/frame.ts";

const TIME_BYTES = 8;
const LENGTHS_BYTES = 8;

/** @returns base64 */
export function encodeWaiting({ timestampMs, partition, key, value, headers }: WaitingRecord): string {
  const [keyBytes, valueBytes] = [bytesOf(key), bytesOf(value)];
  const to = new ByteWriter().begin(0).int(keyBytes?.length ?? -1).int(valueBytes?.length ?? -1);
  if (keyBytes !== null) to.bytes(keyBytes);
  if (valueBytes !== null) to.bytes(valueBytes);
  to.int(partition ?? -1);
  writeHeaders(to, headers.map(([name, bytes]) => [name, bytesOf(bytes)] as const));
  const element = to.frame().subarray(HEADER_BYTES);
  const saved = new Uint8Array(TIME_BYTES + element.length);
  new DataView(saved.buffer).setBigInt64(0, BigInt(timestampMs));
  saved.set(element, TIME_BYTES);
  return saved.toBase64();
}

export function decodeWaiting(saved: Uint8Array): WaitingRecord {
  const view = new DataView(saved.buffer, saved.byteOffset, saved.length);
  const keyLength = view.getInt32(TIME_BYTES, true);
  const valueLength = view.getInt32(TIME_BYTES + 4, true);
  const keyAt = TIME_BYTES + LENGTHS_BYTES;
  const valueAt = keyAt + Math.max(0, keyLength);
  const restAt = valueAt + Math.max(0, valueLength);
  const partition = view.getInt32(restAt, true);
  const textOf = (at: number, length: number) => length < 0 ? null : saved.subarray(at, at + length).toBase64();
  return {
    timestampMs: Number(view.getBigInt64(0)),
    partition: partition < 0 ? null : partition,
    key: textOf(keyAt, keyLength),
    value: textOf(valueAt, valueLength),
    headers: (readHeaders(saved, restAt + 4) ?? []).map(([name, bytes]) => [name, bytes?.toBase64() ?? null] as const),
  };
}

function bytesOf(base64: string | null): Uint8Array<ArrayBuffer> | null {
  return base64 === null ? null : Uint8Array.fromBase64(base64);
}
