import { HEADER_BYTES, PROTOCOL_VERSION } from "./frame.ts";

const encoder = new TextEncoder();

/** The bytes of a frame as they are written, in memory that grows and serves one frame after the other. */
export class ByteWriter {
  #bytes = new Uint8Array(1 << 16);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  /** Begins a frame without a body, of stage 0. */
  begin(type: number): this {
    this.#bytes.set([0x53, 0x41, type, PROTOCOL_VERSION, 0, 0, 0, 0]);
    this.#length = HEADER_BYTES;
    return this;
  }

  /** The frame; good until the next `begin()`. */
  frame(): Uint8Array<ArrayBuffer> {
    this.#view.setUint32(8, this.#length - HEADER_BYTES, true);
    return this.#bytes.subarray(0, this.#length);
  }

  /** Length so far. */
  get length(): number {
    return this.#length;
  }

  /** Forgets what stands behind a place. */
  truncate(length: number): void {
    this.#length = length;
  }

  int(value: number): this {
    this.#room(4);
    this.#view.setInt32(this.#length, value, true);
    this.#length += 4;
    return this;
  }

  /** Writes over an int that stands somewhere. */
  setInt(at: number, value: number): void {
    this.#view.setInt32(at, value, true);
  }

  short(value: number): this {
    this.#room(2);
    this.#view.setUint16(this.#length, value, true);
    this.#length += 2;
    return this;
  }

  double(value: number): this {
    this.#room(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
    return this;
  }

  bytes(bytes: Uint8Array): this {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  /** Writes a text as UTF-8, without its length. @returns its length in bytes */
  text(text: string): number {
    // UTF-8 takes three bytes at most for a unit of a string.
    this.#room(3 * text.length);
    const { written } = encoder.encodeInto(text, this.#bytes.subarray(this.#length));
    this.#length += written;
    return written;
  }

  /** Writes a text, or null, with its length before it. */
  lengthAndText(text: string | null): this {
    const at = this.#length;
    this.int(-1);
    if (text !== null) this.setInt(at, this.text(text));
    return this;
  }

  /** Writes bytes, or null, with their length before them. */
  lengthAndBytes(bytes: Uint8Array | null): this {
    this.int(bytes === null ? -1 : bytes.length);
    return bytes === null ? this : this.bytes(bytes);
  }

  #room(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length + more));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}
