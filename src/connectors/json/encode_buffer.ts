import type { OutgoingRecord } from "../broker.ts";
import { EncodedRecord } from "../records/encoded_record.ts";
import { SharedBytes } from "../records/shared_bytes.ts";
import type { JsonOutput } from "./output.ts";
import { NO_ROOM } from "./write_bytes.ts";

const encoder = new TextEncoder();

/** Small, so that it is full before the garbage collector takes it for something that lasts. */
const CHUNK_BYTES = 1 << 14;

/**
 * Makes records in large chunks that many of them share: `encode()` allocates for each text, which costs as much as all the rest
 * of writing a record.
 */
export class EncodeBuffer {
  #chunk = new SharedBytes(new Uint8Array(0));
  #used = 0;

  /**
   * The record of two values of which shapes are known, written in place; undefined: texts have to be made of them.
   *
   * Positional, as it is called for each record and an object of options would be one more.
   */
  written(
    topic: string,
    timestampMs: number,
    keys: JsonOutput,
    key: unknown,
    values: JsonOutput,
    value: unknown,
  ): OutgoingRecord | undefined {
    for (;;) {
      const chunk = this.#chunk;
      const at = this.#used;
      const valueAt = keys.write(chunk, at, key);
      const end = valueAt < 0 ? valueAt : values.write(chunk, valueAt, value);
      if (end >= 0) {
        this.#used = end;
        return new EncodedRecord(topic, undefined, timestampMs, chunk.bytes, at, valueAt - at, end - valueAt);
      }
      if (end !== NO_ROOM || (at === 0 && chunk.bytes.length > 0)) return undefined;
      this.#begin();
    }
  }

  /** The record of two texts, which are encoded in one call. Its bytes are never written again. */
  record(
    topic: string,
    key: string,
    value: string | null,
    timestampMs: number,
    partition?: number,
  ): OutgoingRecord {
    const text = value === null ? key : key + value;
    // A UTF-16 unit takes at most three bytes.
    const most = text.length * 3;
    if (most <= CHUNK_BYTES / 4) {
      if (this.#chunk.bytes.length - this.#used < most) this.#begin();
      const { bytes } = this.#chunk;
      const at = this.#used;
      const { written } = encoder.encodeInto(text, bytes.subarray(at));
      // Only in plain ASCII is a character's place that of its byte.
      if (written === text.length) {
        this.#used += written;
        const valueLength = value === null ? -1 : value.length;
        return new EncodedRecord(topic, partition, timestampMs, bytes, at, key.length, valueLength);
      }
    }
    const [keyBytes, valueBytes] = [encoder.encode(key), value === null ? null : encoder.encode(value)];
    return { topic, partition, key: keyBytes, value: valueBytes, timestampMs };
  }

  #begin(): void {
    this.#chunk = new SharedBytes(new Uint8Array(CHUNK_BYTES));
    this.#used = 0;
  }
}
