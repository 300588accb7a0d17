import { Buffer } from "node:buffer";

/** How many bytes are decoded at once. A longer value is decoded alone. */
const WINDOW_BYTES = 1 << 12;

/** A value in the bytes that it has come in. */
export interface LyingValue {
  /** With the values before and behind it. */
  readonly bytes: Uint8Array;
  /** Where it begins. */
  readonly valueAt: number;
  /** Below 0: there is no value. */
  readonly valueLength: number;
}

/**
 * A window into the bytes that a broker has sent, as text with one character for each byte (Latin-1), which is right for ASCII
 * alone. One call makes the text of many values that lie in a row; a call for each would cost many times that.
 */
export class LatinWindow {
  text = "";
  #bytes: Uint8Array | undefined;
  /** Where in the bytes the text begins and ends. */
  #start = 0;
  #end = 0;

  /** @returns where in the text the value begins, below 0 if it is not in it */
  find({ bytes, valueAt, valueLength }: LyingValue): number {
    if (bytes !== this.#bytes || valueAt < this.#start || valueAt + valueLength > this.#end) {
      if (valueLength <= 0 || valueLength > WINDOW_BYTES) return -1;
      this.#bytes = bytes;
      this.#start = valueAt;
      this.#end = Math.min(valueAt + WINDOW_BYTES, bytes.length);
      this.text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1", this.#start, this.#end);
    }
    return valueAt - this.#start;
  }
}
