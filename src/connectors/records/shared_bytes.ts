import { Buffer } from "node:buffer";

/**
 * Bytes in which many records lie, with the other views of them that reading and writing take: made once for all of these records,
 * as records of several partitions come in turn.
 */
export class SharedBytes {
  readonly bytes: Uint8Array;
  /** For several bytes at once. */
  readonly view: DataView;
  #buffer: Buffer | undefined;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** For longer texts. */
  get buffer(): Buffer {
    const { buffer, byteOffset, byteLength } = this.bytes;
    return this.#buffer ??= Buffer.from(buffer, byteOffset, byteLength);
  }
}
