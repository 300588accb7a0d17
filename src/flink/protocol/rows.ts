/** Rows of a frame: records that come to a stage or leave it. */
import type { ByteWriter } from "./byte_writer.ts";

/** A part of a record: bytes, a text that becomes UTF-8, or nothing. */
export type Part = Uint8Array | string | null;

/** Key and value of a record, the value right behind the key. */
export interface JoinedParts {
  /** -∞ without one. */
  readonly timestampMs: number;
  readonly keyLength: number;
  /** -1 for null. */
  readonly valueLength: number;
  readonly keyAndValue: Uint8Array;
}

const ROW_HEADER_BYTES = 16;

/** Adds rows to a frame. */
export class RowWriter {
  readonly #to: ByteWriter;
  readonly #countAt: number;
  #count = 0;
  #rowAt = 0;

  /** Its first row stands where the frame ends now. */
  constructor(to: ByteWriter) {
    this.#to = to;
    this.#countAt = to.length;
    to.int(0);
  }

  /** Adds a row; its rest may be written until `end()`. @param timestampMs -∞ without one */
  begin(outlet: number, timestampMs: number, key: Part, value: Part): ByteWriter {
    const to = this.#to;
    this.#rowAt = to.length;
    to.int(0).short(outlet).short(0).double(timestampMs).int(-1).int(-1);
    const lengthsAt = to.length - 8;
    if (typeof key === "string" && typeof value === "string") return this.#putTexts(lengthsAt, key, value);
    if (key !== null) to.setInt(lengthsAt, put(to, key));
    if (value !== null) to.setInt(lengthsAt + 4, put(to, value));
    return to;
  }

  /** Adds a row whose value lies right behind its key; its rest may be written until `end()`. */
  beginJoined(outlet: number, { timestampMs, keyLength, valueLength, keyAndValue }: JoinedParts): ByteWriter {
    const to = this.#to;
    this.#rowAt = to.length;
    return to.int(0).short(outlet).short(0).double(timestampMs).int(keyLength).int(valueLength).bytes(keyAndValue);
  }

  /** Encoding costs most by the call, so that both texts go into one. */
  #putTexts(lengthsAt: number, key: string, value: string): ByteWriter {
    const to = this.#to;
    const at = to.length;
    // Only in plain ASCII is a character's place that of its byte.
    if (to.text(key + value) === key.length + value.length) {
      to.setInt(lengthsAt, key.length);
      to.setInt(lengthsAt + 4, value.length);
      return to;
    }
    to.truncate(at);
    to.setInt(lengthsAt, to.text(key));
    to.setInt(lengthsAt + 4, to.text(value));
    return to;
  }

  /** The row that was begun is complete. */
  end(): void {
    const to = this.#to;
    to.setInt(this.#rowAt, to.length - this.#rowAt - 4);
    to.setInt(this.#countAt, ++this.#count);
  }

  /** Where the next row begins, for {@link RowMark}. */
  get at(): number {
    return this.#to.length;
  }

  /** Takes back the rows that were added since. */
  takeBack({ length, count }: RowMark): void {
    this.#to.truncate(length);
    this.#count = count;
    this.#to.setInt(this.#countAt, count);
  }
}

/** Where a frame ended before some of its rows. */
export interface RowMark {
  readonly length: number;
  /** How many rows there were. */
  readonly count: number;
}

function put(to: ByteWriter, part: Uint8Array | string): number {
  if (typeof part === "string") return to.text(part);
  to.bytes(part);
  return part.length;
}

/** Goes through the rows of a body; `next()` moves to each. */
export class RowReader {
  /** The body. */
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly count: number;
  /** Of the row that it stands at. */
  outlet = 0;
  timestampMs = 0;
  keyAt = 0;
  /** -1 for null. */
  keyLength = 0;
  valueAt = 0;
  /** -1 for null. */
  valueLength = 0;
  /** Where the rest begins, and where it ends. */
  restAt = 0;
  endAt: number;
  #left: number;

  constructor(bytes: Uint8Array, countAt = 0) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.count = this.#left = this.view.getInt32(countAt, true);
    this.endAt = countAt + 4;
  }

  next(): boolean {
    if (this.#left === 0) return false;
    this.#left--;
    const { view, endAt: at } = this;
    this.endAt = at + 4 + view.getInt32(at, true);
    this.outlet = view.getUint16(at + 4, true);
    this.timestampMs = view.getFloat64(at + 8, true);
    this.keyLength = view.getInt32(at + ROW_HEADER_BYTES, true);
    this.valueLength = view.getInt32(at + ROW_HEADER_BYTES + 4, true);
    this.keyAt = at + ROW_HEADER_BYTES + 8;
    this.valueAt = this.keyAt + Math.max(0, this.keyLength);
    this.restAt = this.valueAt + Math.max(0, this.valueLength);
    return true;
  }

  get key(): Uint8Array | null {
    return this.keyLength < 0 ? null : this.bytes.subarray(this.keyAt, this.keyAt + this.keyLength);
  }

  get value(): Uint8Array | null {
    return this.valueLength < 0 ? null : this.bytes.subarray(this.valueAt, this.valueAt + this.valueLength);
  }
}
