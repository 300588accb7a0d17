/** Reading and writing Kafka's numbers and texts: big-endian, with variable-length zigzag integers inside of records. */

const encoder = new TextEncoder();
// A leading byte order mark is part of the text.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const TWO_32 = 2 ** 32;
/** So many bytes are copied one by one. */
const SHORT = 64;

/**
 * Reads forward through bytes. Reading past their end is a RangeError, but for numbers of variable length: there they go on with
 * zeros, and what is read next is the error.
 */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  /** Where the next read begins. */
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  int8(): number {
    return this.#view.getInt8(this.at++);
  }

  int16(): number {
    const value = this.#view.getInt16(this.at);
    this.at += 2;
    return value;
  }

  int32(): number {
    const value = this.#view.getInt32(this.at);
    this.at += 4;
    return value;
  }

  uint32(): number {
    const value = this.#view.getUint32(this.at);
    this.at += 4;
    return value;
  }

  /** An int64 as a number: offsets and timestamps stay below 2^53. */
  int64(): number {
    const value = this.#view.getInt32(this.at) * TWO_32 + this.#view.getUint32(this.at + 4);
    this.at += 8;
    return value;
  }

  /** An int64 with all its bits, for a producer's id: a broker may choose any number. */
  bigint64(): bigint {
    const value = this.#view.getBigInt64(this.at);
    this.at += 8;
    return value;
  }

  /** A text with an int16 length before it; null becomes "". */
  string(): string {
    return this.text(Math.max(this.int16(), 0));
  }

  /** A text with an int16 length before it, or null. */
  nullableString(): string | null {
    const length = this.int16();
    return length < 0 ? null : this.text(length);
  }

  text(length: number): string {
    return decoder.decode(this.take(length));
  }

  /** A view of the next bytes, not a copy. */
  take(length: number): Uint8Array {
    const { bytes, at } = this;
    if (length < 0 || at + length > bytes.length) throw new RangeError(`${length} bytes reach past the end`);
    this.at = at + length;
    return new Uint8Array(bytes.buffer, bytes.byteOffset + at, length);
  }

  /** Steps over the next `length` bytes; over nothing if it is negative. @returns where they begin */
  skip(length: number): number {
    const { bytes, at } = this;
    if (length <= 0) return at;
    if (at + length > bytes.length) throw new RangeError(`${length} bytes reach past the end`);
    this.at = at + length;
    return at;
  }

  /** A signed 32 bit number of variable length. */
  varint(): number {
    const { bytes } = this;
    let byte = bytes[this.at++]!;
    let value = byte & 0x7f;
    for (let shift = 7; byte > 0x7f; shift += 7) {
      if (shift > 28) throw new RangeError("a variable-length number is too long");
      byte = bytes[this.at++]!;
      value |= (byte & 0x7f) << shift;
    }
    return value >>> 1 ^ -(value & 1);
  }

  /** A signed 64 bit number of variable length, as a number. */
  varlong(): number {
    const { bytes } = this;
    const start = this.at;
    while (bytes[this.at++]! > 0x7f) {
      if (this.at - start > 9) throw new RangeError("a variable-length number is too long");
    }
    if (this.at - start <= 4) {
      this.at = start;
      return this.varint();
    }
    let value = 0n;
    for (let at = this.at - 1; at >= start; at--) value = value << 7n | BigInt(bytes[at]! & 0x7f);
    return Number(value >> 1n ^ -(value & 1n));
  }
}

/** Appends to bytes that grow. */
export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #length = 0;

  constructor(capacity = 1024) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  get length(): number {
    return this.#length;
  }

  /** Begins again; what was written will be overwritten. */
  clear(): void {
    this.#length = 0;
  }

  /** Drops what was written from `length` on. */
  goBack(length: number): void {
    this.#length = length;
  }

  /** What was written from `from` on; a view. */
  written(from = 0): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(from, this.#length);
  }

  int8(value: number): void {
    const at = this.#grow(1);
    this.#view.setInt8(at, value);
  }

  int16(value: number): void {
    const at = this.#grow(2);
    this.#view.setInt16(at, value);
  }

  int32(value: number): void {
    const at = this.#grow(4);
    this.#view.setInt32(at, value);
  }

  int64(value: number): void {
    const at = this.#grow(8);
    this.#view.setInt32(at, Math.floor(value / TWO_32));
    this.#view.setUint32(at + 4, value >>> 0);
  }

  bigint64(value: bigint): void {
    const at = this.#grow(8);
    this.#view.setBigInt64(at, value);
  }

  /** Overwrites the int16 at `at`. */
  patchInt16(at: number, value: number): void {
    this.#view.setInt16(at, value);
  }

  /** Overwrites the int32 at `at`. */
  patchInt32(at: number, value: number): void {
    this.#view.setInt32(at, value);
  }

  /** A text with an int16 length before it. */
  string(text: string | null): void {
    if (text === null) return this.int16(-1);
    const bytes = encoder.encode(text);
    this.int16(bytes.length);
    this.put(bytes);
  }

  put(bytes: Uint8Array): void {
    const at = this.#grow(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /** The bytes of `from` that begin at `start`; nothing if `length` is below 0. Of a few bytes a view would take longer than a copy. */
  putPart(from: Uint8Array, start: number, length: number): void {
    if (length <= 0) return;
    if (length > SHORT) return this.put(from.subarray(start, start + length));
    const at = this.#grow(length);
    const bytes = this.#bytes;
    for (let i = 0; i < length; i++) bytes[at + i] = from[start + i]!;
  }

  /** A signed 32 bit number of variable length. */
  varint(value: number): void {
    let rest = (value << 1 ^ value >> 31) >>> 0;
    for (; rest > 0x7f; rest >>>= 7) this.#byte(rest & 0x7f | 0x80);
    this.#byte(rest);
  }

  /** A signed 64 bit number of variable length, from a whole number. */
  varlong(value: number): void {
    if (value === (value | 0)) return this.varint(value);
    const wide = BigInt(value);
    let rest = wide < 0n ? -wide * 2n - 1n : wide * 2n;
    for (; rest > 0x7fn; rest >>= 7n) this.#byte(Number(rest & 0x7fn) | 0x80);
    this.#byte(Number(rest));
  }

  #byte(value: number): void {
    const at = this.#grow(1);
    this.#bytes[at] = value;
  }

  /** Makes room and returns where it is. It may replace the bytes and their view: read those after the call, not before. */
  #grow(size: number): number {
    const at = this.#length;
    const length = at + size;
    if (length > this.#bytes.length) {
      const bytes = new Uint8Array(Math.max(length, this.#bytes.length * 2));
      bytes.set(this.#bytes);
      this.#bytes = bytes;
      this.#view = new DataView(bytes.buffer);
    }
    this.#length = length;
    return at;
  }
}

/** Bytes that `value` takes as a variable-length 32 bit number. */
export function sizeOfVarint(value: number): number {
  const zigzag = (value << 1 ^ value >> 31) >>> 0;
  return zigzag === 0 ? 1 : Math.ceil((32 - Math.clz32(zigzag)) / 7);
}

/** Bytes that `value` takes as a variable-length 64 bit number. */
export function sizeOfVarlong(value: number): number {
  if (value === (value | 0)) return sizeOfVarint(value);
  const wide = BigInt(value);
  const bits = (wide < 0n ? -wide * 2n - 1n : wide * 2n).toString(2).length;
  return Math.ceil(bits / 7);
}
