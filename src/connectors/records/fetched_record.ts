import type { BrokerRecord, RecordHeaders } from "../broker.ts";
import type { SharedBytes } from "./shared_bytes.ts";

/**
 * A record that lies in what a broker has sent. The views of its key and value are made on demand: hundreds of records wait in
 * each queue, and ready-made views would multiply the memory that outlives its first garbage collections.
 */
export class FetchedRecord implements BrokerRecord {
  readonly offset: number;
  readonly timestampMs: number;
  readonly headers: RecordHeaders | undefined;
  readonly #shared: SharedBytes;
  readonly #keyAt: number;
  readonly #keyLength: number;
  readonly #valueAt: number;
  readonly #valueLength: number;

  /**
   * Positional, as one is made for each record and an object of options would be one more.
   * @param shared the broker's answer, in which key and value lie; a length below 0 stands for null
   */
  constructor(
    offset: number,
    timestampMs: number,
    headers: RecordHeaders | undefined,
    shared: SharedBytes,
    keyAt: number,
    keyLength: number,
    valueAt: number,
    valueLength: number,
  ) {
    this.offset = offset;
    this.timestampMs = timestampMs;
    this.headers = headers;
    this.#shared = shared;
    this.#keyAt = keyAt;
    this.#keyLength = keyLength;
    this.#valueAt = valueAt;
    this.#valueLength = valueLength;
  }

  get key(): Uint8Array | null {
    return this.#view(this.#keyAt, this.#keyLength);
  }

  get value(): Uint8Array | null {
    return this.#view(this.#valueAt, this.#valueLength);
  }

  /** What the broker has sent, with the other records in it. */
  get shared(): SharedBytes {
    return this.#shared;
  }

  /** Where in the bytes the value begins. */
  get valueAt(): number {
    return this.#valueAt;
  }

  /** Below 0: the record has no value. */
  get valueLength(): number {
    return this.#valueLength;
  }

  #view(at: number, length: number): Uint8Array | null {
    return length < 0 ? null : this.#shared.bytes.subarray(at, at + length);
  }
}
