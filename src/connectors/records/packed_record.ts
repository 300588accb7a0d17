import type { OutgoingRecord } from "../broker.ts";

/**
 * A record on its way whose value lies right behind its key, in bytes that it shares with others. The views of the two are made
 * when they are asked for: some thousand records wait for their flush, and ready-made views would take four times the memory
 * (270 bytes against 64 each), which the garbage collector would copy.
 */
export class PackedRecord implements OutgoingRecord {
  readonly topic: string;
  readonly partition: number | undefined;
  readonly timestampMs: number;
  readonly keyLength: number;
  /** Below 0: there is no value. */
  readonly valueLength: number;
  readonly #bytes: Uint8Array;
  readonly #at: number;

  /** @param at where in `bytes` the key begins */
  constructor(
    topic: string,
    partition: number | undefined,
    timestampMs: number,
    bytes: Uint8Array,
    at: number,
    keyLength: number,
    valueLength: number,
  ) {
    this.topic = topic;
    this.partition = partition;
    this.timestampMs = timestampMs;
    this.keyLength = keyLength;
    this.valueLength = valueLength;
    this.#bytes = bytes;
    this.#at = at;
  }

  get key(): Uint8Array {
    return this.#bytes.subarray(this.#at, this.#at + this.keyLength);
  }

  get value(): Uint8Array | null {
    const at = this.#at + this.keyLength;
    return this.valueLength < 0 ? null : this.#bytes.subarray(at, at + this.valueLength);
  }

  /** Key and value in one. */
  get keyAndValue(): Uint8Array {
    return this.#bytes.subarray(this.#at, this.#at + this.keyLength + Math.max(0, this.valueLength));
  }
}
