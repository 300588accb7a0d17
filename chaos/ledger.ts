/** Expected records and those that were read, in four bytes for each: millions of records are compared one by one. */
export class Ledger {
  /** Fingerprints of records that are still to come; 0: no record. */
  readonly #due: Uint32Array;
  /** How many records must come. */
  expected = 0;
  /** Records that came once too often, or were not expected at all. */
  doubled = 0;
  /** Records that came with other content. */
  altered = 0;

  /** @param size indices go from 0 to below it */
  constructor(size: number) {
    this.#due = new Uint32Array(size);
  }

  /** @param fingerprint of {@link fingerprintOf} */
  expect(index: number, fingerprint: number): void {
    this.#due[index] = fingerprint;
    this.expected++;
  }

  /** Notes a record that was read. */
  take(index: number, fingerprint: number): void {
    const due = this.#due[index] ?? 0;
    if (due === 0) this.doubled++;
    else {
      if (due !== fingerprint) this.altered++;
      this.#due[index] = 0;
    }
  }

  /** How many records have not come. */
  lost(): number {
    return this.#due.reduce((count, due) => due === 0 ? count : count + 1, 0);
  }
}

/** 32 bits that stand for a record's time and bytes (FNV-1a); never 0. */
export function fingerprintOf(timestampMs: number, value: Uint8Array): number {
  let hash = 0x811c9dc5 ^ timestampMs;
  for (let i = 0; i < value.length; i++) hash = Math.imul(hash ^ value[i]!, 0x01000193);
  return (hash >>> 0) || 1;
}
