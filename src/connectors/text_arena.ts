const encoder = new TextEncoder();

/** Small, so that it is full before the garbage collector takes it for something that lasts. */
const CHUNK_BYTES = 1 << 14;

/**
 * Makes bytes of texts in large shared chunks: `encodeInto()` costs a tenth of `encode()` for some hundred characters (0.08
 * against 0.8 µs), which is as much as all the rest of writing a record.
 */
export class TextArena {
  #chunk = new Uint8Array(0);
  #used = 0;

  /** The bytes of two texts, at the price of one. They are views and never written again. */
  encodePair(first: string, second: string): [Uint8Array, Uint8Array] {
    const length = first.length + second.length;
    // A UTF-16 unit takes at most three bytes.
    const most = length * 3;
    if (most > CHUNK_BYTES / 4) return [encoder.encode(first), encoder.encode(second)];
    if (this.#chunk.length - this.#used < most) {
      this.#chunk = new Uint8Array(CHUNK_BYTES);
      this.#used = 0;
    }
    const start = this.#used;
    const { written } = encoder.encodeInto(first + second, this.#chunk.subarray(start));
    // Only in plain ASCII does a character's place tell its byte's.
    if (written !== length) return [encoder.encode(first), encoder.encode(second)];
    this.#used += written;
    const middle = start + first.length;
    return [this.#chunk.subarray(start, middle), this.#chunk.subarray(middle, start + written)];
  }
}
