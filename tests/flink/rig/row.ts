/** What moves between the stages of a rig. */
import { assert } from "@std/assert";
import type { OutgoingRecord } from "../../../src/connectors/mod.ts";
import { placeOf, type TopicPlace } from "../../../src/flink/exchange.ts";
import { readHeaders, writeHeaders } from "../../../src/flink/protocol/bodies.ts";
import { ByteWriter } from "../../../src/flink/protocol/byte_writer.ts";
import { HEADER_BYTES } from "../../../src/flink/protocol/frame.ts";
import type { RowReader } from "../../../src/flink/protocol/rows.ts";

/** A row on its way to a subtask. */
export interface Row {
  readonly timestampMs: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly rest: Uint8Array;
  /** Number of the record of a source that it comes from, by the order in which they were fed; 0 until it is known. */
  readonly turn: number;
}

/** A record that came out. */
export interface ResultRecord {
  readonly topic: string;
  /** Where it lies; left out if it was not written. */
  readonly partition?: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly timestampMs: number;
  readonly headers: Readonly<Record<string, string>>;
}

const decoder = new TextDecoder();
export const textOf = (bytes: Uint8Array | null) => bytes === null ? null : decoder.decode(bytes);

/** A record for a topic that a job reads. */
export type FedRecord = OutgoingRecord & { readonly partition: number };

/** A record of a topic. */
export function topicRow(record: FedRecord, offset: number, turn: number): Row {
  const { timestampMs, partition, key, value, headers } = record;
  const rest = restOf((to) => writeHeaders(to.int(partition).double(offset), headers));
  return { timestampMs, key, value, rest, turn };
}

/** What is new of a partition: `PARTITION_ADDED` or `PARTITION_ENDED`. */
export function newsRow(partition: number, news: number, turn: number): Row {
  return { ...withoutRecord((to) => to.int(partition).double(news).int(0)), turn };
}

/** The number of a record that the worker makes up. */
export function numberRow(number: number): Row {
  return withoutRecord((to) => to.double(number));
}

/** The row at which a reader stands, which stays as it is when the reader moves on. */
export function rowAt(rows: RowReader): Row {
  const { timestampMs, bytes, restAt, endAt } = rows;
  const [key, value] = [rows.key?.slice() ?? null, rows.value?.slice() ?? null];
  return { timestampMs, key, value, rest: bytes.slice(restAt, endAt), turn: 0 };
}

/** The record of a topic that a row for another stage was made of, where that is known. */
export function exchangedPlace({ rest: bytes }: Row): TopicPlace | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return placeOf({ bytes, view, restAt: 0, endAt: bytes.length });
}

/** A row for a topic as what a reader of it would find. */
export function resultRecord(topic: string, { timestampMs, key, value, rest }: Row): ResultRecord {
  const headers = readHeaders(rest, 4) ?? [];
  return {
    topic,
    key: textOf(key),
    value: textOf(value),
    timestampMs,
    headers: Object.fromEntries(headers.map(([name, value]) => [name, textOf(value)!])),
  };
}

/** Any function will do that sends equal keys to the same subtask. */
export function subtaskOf(key: string, parallelism: number): number {
  let hash = 7;
  for (let i = 0; i < key.length; i++) hash = (31 * hash + key.charCodeAt(i)) >>> 0;
  assert(parallelism > 0);
  return hash % parallelism;
}

function withoutRecord(write: (to: ByteWriter) => void): Row {
  return { timestampMs: Number.NEGATIVE_INFINITY, key: null, value: null, rest: restOf(write), turn: 0 };
}

function restOf(write: (to: ByteWriter) => void): Uint8Array {
  const to = new ByteWriter().begin(0);
  write(to);
  return to.frame().slice(HEADER_BYTES);
}
