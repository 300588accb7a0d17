import {
  type Json,
  NO_TIMESTAMP,
  RecordError,
  type RecordOrigin,
  type SourceSplit,
  type SplitStatus,
} from "../../engine/mod.ts";
import { type FilePlace, positionOf } from "./file_position.ts";
import type { FileDecoder } from "./format.ts";
import type { FileRecord, OpenFile } from "./open_file.ts";

/** Consecutive records of one file. */
export interface FileBatch<T> {
  readonly place: FilePlace;
  readonly file: OpenFile;
  readonly path: string;
  readonly decoder: FileDecoder<T>;
  /** At least one. */
  readonly records: readonly FileRecord[];
}

/** What the reader knows of the bytes that it has not read yet. */
export interface FileRest {
  readonly status: Exclude<SplitStatus, "ready">;
  readonly position: Json;
  readonly bytes: number;
}

/** With more bytes of records queued nothing more is read. */
const HIGH_WATER_BYTES = 1 << 20;
const HIGH_WATER_RECORDS = 10_000;
/** Assumed size of a record before one has been read, bytes. */
const GUESSED_RECORD_BYTES = 100;

/** The value of the next record, or the error of decoding it. */
type Decoded<T> = { readonly value: T } | { readonly error: unknown };

/** All files of a source as one split: records read ahead, in order, and how far the job has taken them. */
export class FileSplit<T> implements SourceSplit<T> {
  readonly id: string;
  readonly bound: Json | undefined;
  nextTimestampMs = NO_TIMESTAMP;
  readonly #rest: FileRest;
  readonly #timestamp: ((value: T) => number) | undefined;
  #batch: FileBatch<T> | undefined;
  #next = 0;
  readonly #following: FileBatch<T>[] = [];
  #decoded: Decoded<T> | undefined;
  #taken: RecordOrigin | undefined;
  #queued = 0;
  #queuedBytes = 0;
  #records = 0;
  #bytes = 0;

  constructor(id: string, bound: Json | undefined, rest: FileRest, timestamp: ((value: T) => number) | undefined) {
    this.id = id;
    this.bound = bound;
    this.#rest = rest;
    this.#timestamp = timestamp;
  }

  get wantsMore(): boolean {
    return this.#queued < HIGH_WATER_RECORDS && this.#queuedBytes < HIGH_WATER_BYTES;
  }

  get status(): SplitStatus {
    return this.#batch === undefined ? this.#rest.status : "ready";
  }

  get position(): Json {
    const batch = this.#batch;
    if (batch === undefined) return this.#rest.position;
    const record = batch.records[this.#next]!;
    return positionOf(batch.place, record, { id: batch.file.markAt(record), atEnd: false });
  }

  /** The queued records, and an estimate by the bytes of the others. */
  get lag(): number {
    const recordBytes = this.#records === 0 ? GUESSED_RECORD_BYTES : Math.max(1, this.#bytes / this.#records);
    return this.#queued + Math.ceil(this.#rest.bytes / recordBytes);
  }

  push(batch: FileBatch<T>): void {
    const bytes = batch.records.reduce((sum, record) => sum + record.bytes.length + 1, 0);
    this.#queued += batch.records.length;
    this.#queuedBytes += bytes;
    this.#records += batch.records.length;
    this.#bytes += bytes;
    this.#following.push(batch);
    if (this.#batch === undefined) this.#moveTo(0);
  }

  take(): T {
    const batch = this.#batch!;
    const record = batch.records[this.#next]!;
    const decoded = this.#decoded ?? this.#decode(batch, record);
    this.#taken = {
      topic: batch.path,
      partition: 0,
      offset: record.line,
      timestampMs: this.nextTimestampMs,
      key: null,
      value: record.bytes,
      headers: undefined,
    };
    this.#queued--;
    this.#queuedBytes -= record.bytes.length + 1;
    this.#moveTo(this.#next + 1);
    if ("error" in decoded) throw decoded.error;
    return decoded.value;
  }

  origin(): RecordOrigin | undefined {
    return this.#taken;
  }

  #moveTo(next: number): void {
    this.#next = next;
    if (next === (this.#batch?.records.length ?? 0)) {
      this.#batch = this.#following.shift();
      this.#next = 0;
    }
    if (this.#timestamp !== undefined) this.#lookAhead(this.#timestamp);
  }

  /** Decodes the next record, as its time must be known before it is taken. An error is thrown when it is taken. */
  #lookAhead(timestamp: (value: T) => number): void {
    const batch = this.#batch;
    this.nextTimestampMs = NO_TIMESTAMP;
    this.#decoded = undefined;
    if (batch === undefined) return;
    const record = batch.records[this.#next]!;
    this.#decoded = this.#decode(batch, record);
    if ("error" in this.#decoded) return;
    try {
      const timestampMs = timestamp(this.#decoded.value);
      if (!Number.isFinite(timestampMs)) throw new RecordError(`timestamp() gives ${timestampMs} for it`);
      this.nextTimestampMs = timestampMs;
    } catch (error) {
      this.#decoded = { error: placed(error, batch, record) };
    }
  }

  #decode(batch: FileBatch<T>, record: FileRecord): Decoded<T> {
    try {
      return { value: batch.decoder.decode(record.bytes) };
    } catch (error) {
      return { error: placed(error, batch, record) };
    }
  }
}

function placed(error: unknown, { path }: { readonly path: string }, { line }: FileRecord): unknown {
  if (!(error instanceof RecordError)) return error;
  return new RecordError(`Cannot decode "${path}" line ${line}: ${error.message}`);
}
