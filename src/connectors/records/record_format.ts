/** Formats of records in a topic: JSON by a schema, or whole records for a user's own functions. */
import { checkPlainFunction } from "../../engine/internal.ts";
import { RecordError, type StartingPoint } from "../../engine/mod.ts";
import type { BrokerRecord, Compression, RecordHeaders } from "../broker.ts";
import { recordTime } from "./record_time.ts";
import type { Encode } from "../sink.ts";
import type { Decode } from "../topic_split.ts";

/** A committed record with its topic and partition. A value of null is a tombstone. */
export interface TopicRecord extends BrokerRecord {
  /** Its topic. */
  readonly topic: string;
  /** Counted from 0. */
  readonly partition: number;
}

/** What a record is made of. A text becomes UTF-8. */
export interface RecordParts {
  /** Decides the partition, as in Kafka's clients; left out or null: each partition in turn. */
  readonly key?: Uint8Array | string | null | undefined;
  /** Null: a tombstone, which deletes the key in a compacted topic. */
  readonly value: Uint8Array | string | null;
  /** In this order; left out: no headers. */
  readonly headers?: RecordHeaders | undefined;
  /** The partition that it goes to, whatever the key is. */
  readonly partition?: number | undefined;
  /** ms since the Unix epoch; left out: the event time of what it is made of, else the time of writing. */
  readonly timestampMs?: number | undefined;
}

/** Options of a source that reads a topic. */
export interface TopicSourceOptions {
  /** Where it begins at the job's first start; left out: where the job says (`from`, `--from`). */
  readonly from?: StartingPoint | undefined;
}

/** Options of a source whose records are JSON. */
export interface JsonSourceOptions extends TopicSourceOptions {
  /**
   * Refuses a record with an integer beyond 2^53 − 1, which JavaScript's numbers would change in silence: it becomes a dead
   * letter. Default false: such integers are rounded, as by `JSON.parse()`.
   */
  readonly exactIntegers?: boolean | undefined;
}

/** Options of a source whose records are decoded by a function of the user's. */
export interface DecodingOptions<T> extends TopicSourceOptions {
  /**
   * Makes a value of a record; if it throws, the record becomes a dead letter. The record's bytes are views of a larger buffer:
   * they may be read at any time, never written.
   * @see Flink: KafkaRecordDeserializationSchema.deserialize()
   */
  readonly decode: (record: TopicRecord) => T;
}

/** Options of a sink that writes to a topic. */
export interface TopicSinkOptions {
  /** How its records are compressed in Kafka; left out: what the broker was opened with, else "none". */
  readonly compression?: Compression | undefined;
  /**
   * Whether the topic may be one that the job reads: to delete what was read by a tombstone, or to read a record again later.
   * Default false: such a job is refused, as it might read its own output for ever.
   */
  readonly mayFeedItself?: boolean | undefined;
}

/** Options of a sink whose records are JSON, under the key of their topic. */
export interface JsonSinkOptions<T> extends TopicSinkOptions {
  /** Makes the headers of each record; left out: no headers. */
  readonly headers?: ((value: T) => RecordHeaders | undefined) | undefined;
  /** Chooses the partition of each record; left out, or if it returns undefined: by the key. */
  readonly partition?: ((value: T) => number | undefined) | undefined;
}

/** Options of a sink whose records are made by a function of the user's. */
export interface EncodingOptions<T> extends TopicSinkOptions {
  /**
   * Makes the record of a value. If it throws, what happens to the record that the value came from is the job's `onError`.
   * @param timestampMs the event time that the record gets, unless `RecordParts.timestampMs` is another one
   * @see Flink: KafkaRecordSerializationSchema.serialize()
   */
  readonly encode: (value: T, timestampMs: number) => RecordParts;
}

/** Makes the decoder of each partition. @throws {TypeError} if `decode` is not a function, or is asynchronous */
export function recordDecoder<T>(topic: string, decode: (record: TopicRecord) => T): (partition: number) => Decode<T> {
  checkPlainFunction("decode", decode);
  return (partition) => ({ offset, timestampMs, key, value, headers }) => {
    try {
      return decode({ topic, partition, offset, timestampMs, key, value, headers });
    } catch (error) {
      if (error instanceof RecordError) throw error;
      // A format's library throws errors of its own classes for bytes that it does not understand.
      const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      throw new RecordError(`decode() threw ${reason}`, { cause: error });
    }
  };
}

/** Makes the records for `topic` from what the user's function returns. */
export function recordEncoder<T>(
  topic: string,
  encode: (value: T, timestampMs: number) => RecordParts,
): Encode<T> {
  checkPlainFunction("encode", encode);
  return (value, eventTimeMs) => {
    const { key, value: bytes, headers, partition, timestampMs } = encode(value, eventTimeMs);
    return {
      topic,
      partition,
      key: bytesOf(topic, "key", key ?? null),
      value: bytesOf(topic, "value", bytes),
      timestampMs: timestampMs === undefined ? eventTimeMs : recordTime(topic, timestampMs),
      headers,
    };
  };
}

/** @throws {RangeError} if it is no place to start at: JavaScript passes what the type does not admit */
export function checkFrom(from: StartingPoint | undefined): void {
  if (from === undefined || from === "earliest" || from === "latest" || Number.isFinite(from)) return;
  const found = typeof from === "string" ? JSON.stringify(from) : from;
  throw new RangeError(`Cannot begin to read at ${found}: from must be "earliest", "latest" or a time in ms`);
}

const encoder = new TextEncoder();

function bytesOf(topic: string, part: string, data: unknown): Uint8Array | null {
  if (data === null || data instanceof Uint8Array) return data;
  if (typeof data === "string") return encoder.encode(data);
  throw new RecordError(
    `Cannot write to topic "${topic}": the ${part} that encode() gave is ${
      data === undefined ? "undefined" : `a ${typeof data}`
    }, not bytes, a text or null`,
  );
}
