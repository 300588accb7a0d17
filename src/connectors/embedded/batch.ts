/**
 * Records of one partition as the bytes of one row.
 *
 * Record after record, numbers little-endian: timestamp (float64, ms), length of the key, of the value and of the headers
 * (int32 each, −1 if it is missing), then the three. Headers: their number (int32), for each the length of its name (int32),
 * the name in UTF-8, the length of its value (int32, −1: null), the value. Offsets are not in it: the row has the first one.
 *
 * Dead letters have most of their headers in common with the one before. A length of headers of −2 or below, −2 − n, stands for
 * n bytes of this kind: the number of headers, how many of them are the first ones of the last record with headers (int32 each),
 * and the others.
 */
import type { BrokerRecord, OutgoingRecord, RecordHeaders } from "../broker.ts";
import { EncodedRecord } from "../records/encoded_record.ts";
import { FetchedRecord } from "../records/fetched_record.ts";
import { SharedBytes } from "../records/shared_bytes.ts";
import { HeaderEncoder } from "./header_encoder.ts";

/** Limits of a row, whichever is reached first. A larger record has a row of its own. */
const ROW_RECORDS = 500;
const ROW_BYTES = 128 * 1024;
/** How many buffers are kept for the next rows. */
const KEPT_BUFFERS = 64;

/** Of a number, and of a length. */
const INT_BYTES = 4;
/** A timestamp and three lengths. */
const HEAD_BYTES = 20;

// A leading byte order mark is part of the text.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** A row of the table of records. */
export interface Row {
  readonly bytes: Uint8Array;
  readonly count: number;
  /** The latest of the records' timestamps, ms. */
  readonly latestMs: number;
  /** Whether a record has headers that stand with the one before: earlier versions cannot read that. */
  readonly sharesHeaders: boolean;
}

/** Buffers for rows, which are reused: new ones for each commit would be much of a job's garbage. */
export class RowBuffers {
  readonly #free: Uint8Array<ArrayBuffer>[] = [];

  /** A buffer of at least `size` bytes, with arbitrary content. */
  take(size: number): Uint8Array<ArrayBuffer> {
    const kept = size <= ROW_BYTES ? this.#free.pop() : undefined;
    return kept ?? new Uint8Array(Math.max(size, ROW_BYTES));
  }

  give(bytes: Uint8Array<ArrayBuffer>): void {
    if (bytes.length === ROW_BYTES && this.#free.length < KEPT_BUFFERS) this.#free.push(bytes);
  }
}

/**
 * Encodes records of one partition into rows when they are added: encoded they take far less memory than as objects.
 */
export class BatchEncoder {
  readonly #buffers: RowBuffers;
  readonly #headers = new HeaderEncoder();
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #end = 0;
  #count = 0;
  #latestMs = -Infinity;
  /** Whether a record of this row has headers. */
  #hasHeaders = false;
  #sharesHeaders = false;
  readonly #rows: Row[] = [];
  readonly #used: Uint8Array<ArrayBuffer>[] = [];

  constructor(buffers: RowBuffers) {
    this.#buffers = buffers;
    this.#bytes = buffers.take(0);
    this.#view = new DataView(this.#bytes.buffer);
  }

  add(record: OutgoingRecord): void {
    if (record instanceof EncodedRecord) this.#addPacked(record);
    else this.#addParts(record);
    this.#count++;
    if (record.timestampMs > this.#latestMs) this.#latestMs = record.timestampMs;
  }

  /** Adds a record whose key and value lie side by side as in a row, so that one copy is enough. */
  #addPacked({ timestampMs, keyLength, valueLength, keyAndValue }: EncodedRecord): void {
    const head = this.#makeRoom(HEAD_BYTES + keyAndValue.length);
    this.#view.setFloat64(head, timestampMs, true);
    this.#view.setInt32(head + 8, keyLength, true);
    this.#view.setInt32(head + 12, valueLength, true);
    this.#view.setInt32(head + 16, -1, true);
    this.#bytes.set(keyAndValue, head + HEAD_BYTES);
    this.#end += keyAndValue.length;
  }

  #addParts(record: OutgoingRecord): void {
    const headers = this.#headers.encode(record.headers);
    const { key, value } = record;
    const head = this.#makeRoom(HEAD_BYTES + (key?.length ?? 0) + (value?.length ?? 0) + (headers?.length ?? 0));
    this.#view.setFloat64(head, record.timestampMs, true);
    this.#putBytes(head + 8, key);
    this.#putBytes(head + 12, value);
    if (this.#hasHeaders && headers !== null && this.#headers.shared > 0) this.#putOwnHeaders(head + 16);
    else this.#putBytes(head + 16, headers);
    this.#hasHeaders ||= headers !== null;
  }

  /** Puts the headers that the record does not have in common with the last one that has any. */
  #putOwnHeaders(lengthAt: number): void {
    const { count, shared, own } = this.#headers;
    this.#view.setInt32(lengthAt, -2 - (2 * INT_BYTES + own.length), true);
    this.#view.setInt32(this.#end, count, true);
    this.#view.setInt32(this.#end + INT_BYTES, shared, true);
    this.#bytes.set(own, this.#end + 2 * INT_BYTES);
    this.#end += 2 * INT_BYTES + own.length;
    this.#sharesHeaders = true;
  }

  /** @returns where the record begins; its key, value and headers begin at `#end` */
  #makeRoom(size: number): number {
    if (this.#count > 0 && (this.#count === ROW_RECORDS || this.#end + size > ROW_BYTES)) this.#finishRow();
    if (size > this.#bytes.length) {
      this.#buffers.give(this.#bytes);
      this.#useBuffer(this.#buffers.take(size));
    }
    const head = this.#end;
    this.#end += HEAD_BYTES;
    return head;
  }

  /** All rows, in order. */
  rows(): readonly Row[] {
    if (this.#count > 0) this.#finishRow();
    return this.#rows;
  }

  /** Returns the rows' buffers for reuse. Nothing can be added or read after that. */
  release(): void {
    for (const bytes of this.#used) this.#buffers.give(bytes);
    this.#buffers.give(this.#bytes);
  }

  #finishRow(): void {
    this.#rows.push({
      bytes: this.#bytes.subarray(0, this.#end),
      count: this.#count,
      latestMs: this.#latestMs,
      sharesHeaders: this.#sharesHeaders,
    });
    this.#count = 0;
    this.#latestMs = -Infinity;
    this.#hasHeaders = false;
    this.#sharesHeaders = false;
    this.#used.push(this.#bytes);
    this.#useBuffer(this.#buffers.take(0));
  }

  #useBuffer(bytes: Uint8Array<ArrayBuffer>): void {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
    this.#end = 0;
  }

  #putBytes(lengthAt: number, bytes: Uint8Array | null): void {
    if (bytes === null) {
      this.#view.setInt32(lengthAt, -1, true);
      return;
    }
    this.#view.setInt32(lengthAt, bytes.length, true);
    this.#bytes.set(bytes, this.#end);
    this.#end += bytes.length;
  }
}

/**
 * Adds the records of a row to `found`, those before `fromOffset` left out. Their bytes are views into `bytes`.
 *
 * @param baseOffset offset of the row's first record
 */
export function decodeBatch(bytes: Uint8Array, baseOffset: number, fromOffset: number, found: BrokerRecord[]): void {
  const shared = new SharedBytes(bytes);
  const { view } = shared;
  let offset = baseOffset;
  let head = 0;
  let lastHeaders: RecordHeaders | undefined;
  while (head < bytes.length) {
    const keyLength = view.getInt32(head + 8, true);
    const valueLength = view.getInt32(head + 12, true);
    const headersLength = view.getInt32(head + 16, true);
    const keyAt = head + HEAD_BYTES;
    const valueAt = keyLength > 0 ? keyAt + keyLength : keyAt;
    const headersAt = valueLength > 0 ? valueAt + valueLength : valueAt;
    const end = headersLength === -1 ? headersAt : headersAt + Math.max(headersLength, -2 - headersLength);
    let headers: RecordHeaders | undefined;
    // Also of records that are left out: those behind them may have headers in common with them.
    if (headersLength !== -1) {
      const own = bytes.subarray(headersAt, end);
      lastHeaders = headers = headersLength < 0 ? decodeSharedHeaders(own, lastHeaders!) : decodeHeaders(own);
    }
    if (offset >= fromOffset) {
      const timestampMs = view.getFloat64(head, true);
      found.push(new FetchedRecord(offset, timestampMs, headers, shared, keyAt, keyLength, valueAt, valueLength));
    }
    offset++;
    head = end;
  }
}

function decodeHeaders(bytes: Uint8Array): RecordHeaders {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return decodeSome(bytes, view, { count: view.getInt32(0, true), at: INT_BYTES });
}

/** @param last the headers of the last record that has any */
function decodeSharedHeaders(bytes: Uint8Array, last: RecordHeaders): RecordHeaders {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shared = view.getInt32(INT_BYTES, true);
  const own = decodeSome(bytes, view, { count: view.getInt32(0, true) - shared, at: 2 * INT_BYTES });
  return [...last.slice(0, shared), ...own];
}

/** `count` headers from `at` on. */
function decodeSome(bytes: Uint8Array, view: DataView, part: { readonly count: number; at: number }): RecordHeaders {
  const next = () => {
    const start = part.at + INT_BYTES;
    const length = view.getInt32(part.at, true);
    part.at = start + Math.max(length, 0);
    return length < 0 ? null : bytes.subarray(start, part.at);
  };
  return Array.from({ length: part.count }, () => [decoder.decode(next()!), next()] as const);
}
