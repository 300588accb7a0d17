/**
 * Records that a job has made and not written: on a cluster they wait in front of a sink for those of earlier times. A job that comes
 * home brings them along, as what its sink has to remember, and the sink writes each before the first of its own with a later time.
 */
import { type Json, RecordError, type SentRecord, type SinkWriter } from "../engine/mod.ts";
import type { OutgoingRecord } from "./broker.ts";

/** A record that waits, as it stands in a commit. */
export interface WaitingRecord {
  readonly timestampMs: number;
  /** Null: the key decides. */
  readonly partition: number | null;
  /** base64 */
  readonly key: string | null;
  /** base64 */
  readonly value: string | null;
  /** Names, and values in base64. */
  readonly headers: readonly (readonly [name: string, value: string | null])[];
}

/** Records of one part. */
const PART_RECORDS = 200;

/**
 * What a sink has to remember of records that wait, in parts: those of the latest times first, and in each the earliest last. So as
 * they are written only the last part changes.
 */
export function waitingParts(records: readonly WaitingRecord[]): WaitingRecord[][] {
  // Those of one time stay in their order, so it is turned round as a whole.
  const latestFirst = records.toSorted((a, b) => a.timestampMs - b.timestampMs).reverse();
  const parts = [];
  for (let i = 0; i < latestFirst.length; i += PART_RECORDS) parts.push(latestFirst.slice(i, i + PART_RECORDS));
  return parts;
}

/** The records of a sink's parts, the earliest first. @throws {RecordError} if one is of another kind */
export function waitingRecords(parts: readonly Json[] = []): WaitingRecord[] {
  for (const part of parts) {
    if (!Array.isArray(part)) {
      throw new RecordError("Cannot read what a sink had to remember: a part is no list of records");
    }
  }
  return (parts as unknown as WaitingRecord[][]).flat().reverse();
}

/** What {@link OrderedWriter} writes to. */
export interface RecordWriter {
  write(record: OutgoingRecord): void;
}

/** How an {@link OrderedWriter} is made. */
export interface OrderedWriterParts<T> {
  readonly topic: string;
  readonly encode: (value: T, timestampMs: number) => OutgoingRecord;
  /** The earliest first. */
  readonly waiting: readonly WaitingRecord[];
  readonly to: RecordWriter;
  /** The clock that is never set, ms. */
  readonly now: () => number;
}

/** When so long nothing has been written, nothing earlier is waited for, ms. */
const SILENT_MS = 1_000;

/** Writes records that wait between those that come, in the order of their times. What comes is held until the next `flush()`. */
export class OrderedWriter<T> implements SinkWriter<T> {
  readonly #writer: SinkWriter<T>;
  readonly #parts: OrderedWriterParts<T>;
  /** Those of the latest times in the first part, and in each part the earliest last. */
  readonly #waiting: WaitingRecord[][];
  /** Whether the last part is another one since the last commit. */
  #hasChanged = false;
  #own: OutgoingRecord[] = [];
  #lastMs: number;

  /** @param writer without order, for traces */
  constructor(writer: SinkWriter<T>, parts: OrderedWriterParts<T>) {
    this.#writer = writer;
    this.#parts = parts;
    this.#waiting = waitingParts(parts.waiting);
    this.#lastMs = parts.now();
  }

  write(value: T, timestampMs: number): void {
    this.#own.push(this.#parts.encode(value, timestampMs));
  }

  describe(value: T, timestampMs: number): SentRecord {
    return this.#writer.describe!(value, timestampMs);
  }

  takeBack(records: number): void {
    this.#own.splice(this.#own.length - records);
  }

  flush(): void {
    const { to, now } = this.#parts;
    if (this.#own.length > 0) this.#lastMs = now();
    else if (now() - this.#lastMs >= SILENT_MS) this.#release(Number.POSITIVE_INFINITY);
    for (const record of this.#own) {
      this.#release(record.timestampMs);
      to.write(record);
    }
    this.#own = [];
  }

  endOfInput(): void {
    this.flush();
    this.#release(Number.POSITIVE_INFINITY);
  }

  prepareParts(): readonly Json[] {
    const last = this.#waiting.pop();
    if (last !== undefined) this.#waiting.push(this.#hasChanged ? [...last] : last);
    this.#hasChanged = false;
    return this.#waiting as unknown as Json[];
  }

  #release(untilMs: number): void {
    const { topic, to } = this.#parts;
    for (let last = this.#waiting.at(-1); last !== undefined; last = this.#waiting.at(-1)) {
      const next = last.at(-1)!;
      if (next.timestampMs > untilMs) return;
      last.pop();
      this.#hasChanged = true;
      if (last.length === 0) this.#waiting.pop();
      to.write(recordOf(topic, next));
    }
  }
}

/** The record to be written. */
export function recordOf(
  topic: string,
  { timestampMs, partition, key, value, headers }: WaitingRecord,
): OutgoingRecord {
  return {
    topic,
    timestampMs,
    ...partition !== null && { partition },
    key: bytesOf(key),
    value: bytesOf(value),
    ...headers.length > 0 && { headers: headers.map(([name, bytes]) => [name, bytesOf(bytes)] as const) },
  };
}

function bytesOf(base64: string | null): Uint8Array<ArrayBuffer> | null {
  return base64 === null ? null : Uint8Array.fromBase64(base64);
}
