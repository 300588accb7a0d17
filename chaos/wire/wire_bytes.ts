/** Reading and writing Kafka's numbers. It shares no code with the adapter that is tested through it. */

/** Reads forward through bytes. Reading past their end is a RangeError. */
export class WireReader {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  /** Where the next read begins. */
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  int8(): number {
    return this.#view.getInt8(this.#step(1));
  }

  int16(): number {
    return this.#view.getInt16(this.#step(2));
  }

  int32(): number {
    return this.#view.getInt32(this.#step(4));
  }

  int64(): bigint {
    return this.#view.getBigInt64(this.#step(8));
  }

  /** Reads an unsigned number of variable length. */
  uvarint(): number {
    let value = 0;
    for (let shift = 0; shift <= 28; shift += 7) {
      const byte = this.#view.getUint8(this.#step(1));
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError("A number of variable length is too long");
  }

  /** A view of the next bytes, not a copy. */
  take(length: number): Uint8Array<ArrayBuffer> {
    const at = this.#step(length);
    return this.bytes.subarray(at, at + length) as Uint8Array<ArrayBuffer>;
  }

  /** A view of all that is left. */
  rest(): Uint8Array<ArrayBuffer> {
    return this.take(this.bytes.length - this.at);
  }

  #step(length: number): number {
    const at = this.at;
    if (length < 0 || at + length > this.bytes.length) {
      throw new RangeError(`Cannot read ${length} bytes at ${at}: there are ${this.bytes.length}`);
    }
    this.at = at + length;
    return at;
  }
}

/** Appends to bytes that grow. */
export class WireWriter {
  #bytes = new Uint8Array(256);
  #length = 0;

  /** A view of all that was written. */
  written(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  int8(value: number): void {
    this.#number(1, (view) => view.setInt8(0, value));
  }

  int16(value: number): void {
    this.#number(2, (view) => view.setInt16(0, value));
  }

  int32(value: number): void {
    this.#number(4, (view) => view.setInt32(0, value));
  }

  int64(value: bigint): void {
    this.#number(8, (view) => view.setBigInt64(0, value));
  }

  /** Writes an unsigned number of variable length. */
  uvarint(value: number): void {
    let rest = value;
    for (; rest > 0x7f; rest = Math.floor(rest / 128)) this.int8(rest % 128 - 128);
    this.int8(rest);
  }

  put(bytes: Uint8Array): void {
    const at = this.#grow(bytes.length);
    this.#bytes.set(bytes, at);
  }

  #number(size: number, set: (view: DataView) => void): void {
    const at = this.#grow(size);
    set(new DataView(this.#bytes.buffer, at, size));
  }

  #grow(size: number): number {
    const at = this.#length;
    this.#length = at + size;
    if (this.#length > this.#bytes.length) {
      const bytes = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2));
      bytes.set(this.#bytes);
      this.#bytes = bytes;
    }
    return at;
  }
}
