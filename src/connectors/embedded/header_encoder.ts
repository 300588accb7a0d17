import type { RecordHeaders } from "../broker.ts";
import { HEADER_NAMES } from "../records/known_texts.ts";

/** Of a number, and of a length. */
const INT_BYTES = 4;

/**
 * Encodes the headers of one record after the other, as batch.ts describes them. Headers at the beginning that are the very ones
 * of the record before are not encoded again: most of those of dead letters are. So a header must not be changed once it is here.
 */
export class HeaderEncoder {
  #bytes = new Uint8Array(1_024);
  #view = new DataView(this.#bytes.buffer);
  #last: RecordHeaders = [];
  /** Where each of the last headers ends. */
  #ends: number[] = [];
  #end = 0;
  /** How many of the last headers, at their beginning, are the very ones of the record before. */
  shared = 0;

  /** How many headers there are. */
  get count(): number {
    return this.#last.length;
  }

  /** Those behind the ones that are shared, one after the other. */
  get own(): Uint8Array {
    return this.#bytes.subarray(this.shared === 0 ? INT_BYTES : this.#ends[this.shared - 1]!, this.#end);
  }

  /** @returns a view that holds until the next call; null if there are no headers */
  encode(headers: RecordHeaders | undefined): Uint8Array | null {
    if (headers === undefined || headers.length === 0) return null;
    const last = this.#last;
    let next = 0;
    while (next < last.length && next < headers.length && last[next] === headers[next]) next++;
    this.shared = next;
    this.#end = next === 0 ? INT_BYTES : this.#ends[next - 1]!;
    this.#ends.length = next;
    for (; next < headers.length; next++) {
      const [name, value] = headers[next]!;
      this.#put(HEADER_NAMES.encode(name));
      this.#put(value);
      this.#ends.push(this.#end);
    }
    this.#view.setInt32(0, headers.length, true);
    this.#last = headers;
    return this.#bytes.subarray(0, this.#end);
  }

  #put(part: Uint8Array | null): void {
    this.#makeRoom(INT_BYTES + (part?.length ?? 0));
    this.#view.setInt32(this.#end, part?.length ?? -1, true);
    this.#end += INT_BYTES;
    if (part === null) return;
    this.#bytes.set(part, this.#end);
    this.#end += part.length;
  }

  #makeRoom(size: number): void {
    if (this.#end + size <= this.#bytes.length) return;
    const bytes = new Uint8Array(2 * (this.#end + size));
    bytes.set(this.#bytes.subarray(0, this.#end));
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }
}
