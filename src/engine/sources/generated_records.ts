import { NO_TIMESTAMP } from "../record.ts";
import { checkTimestamp } from "../time/watermark_strategy.ts";
import type { NumberedRecords } from "../numbered_source.ts";

/** How records are made: as `DataGeneratorOptions` says. */
export interface RecordGenerator<T> {
  readonly generate: (index: number, random: () => number) => T;
  readonly seed?: number;
  readonly timestamp?: (index: number) => number;
}

/** What a generator makes of its indexes. */
export class GeneratedRecords<T> implements NumberedRecords<T> {
  readonly #generate: (index: number, random: () => number) => T;
  readonly #timestamp: ((index: number) => number) | undefined;
  readonly #random: IndexedRandom;
  readonly #draw: () => number;

  constructor({ generate, seed = 0, timestamp }: RecordGenerator<T>) {
    this.#generate = generate;
    this.#timestamp = timestamp;
    const random = this.#random = new IndexedRandom(seed);
    this.#draw = () => random.next();
  }

  valueOf(index: number): T {
    this.#random.moveTo(index);
    const generate = this.#generate;
    return generate(index, this.#draw);
  }

  timestampOf(index: number): number {
    const timestamp = this.#timestamp;
    return timestamp === undefined ? NO_TIMESTAMP : checkTimestamp(timestamp(index));
  }
}

/** Steps after which the state of sfc32 is independent of the form of the seed, by its author. */
const WARM_UP_STEPS = 12;
const TWO_32 = 2 ** 32;

/** A sequence of random numbers for each index: sfc32, seeded with the seed and the index. */
class IndexedRandom {
  readonly #seed: number;
  #a = 0;
  #b = 0;
  #c = 0;
  #counter = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  moveTo(index: number): void {
    this.#a = this.#seed | 0;
    this.#b = index | 0;
    // The bits above 32 of both, which | drops.
    this.#c = Math.floor(this.#seed / TWO_32) ^ (Math.floor(index / TWO_32) << 11);
    this.#counter = 1;
    for (let i = 0; i < WARM_UP_STEPS; i++) this.#step();
  }

  /** [0, 1), all 53 bits of it. */
  next(): number {
    return ((this.#step() >>> 5) * 2 ** 26 + (this.#step() >>> 6)) / 2 ** 53;
  }

  #step(): number {
    const out = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + out) | 0;
    return out;
  }
}
