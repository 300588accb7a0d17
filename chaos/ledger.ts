/** What must come out, and what has come, in four bytes a record: millions of records are compared one by one. */
export class Ledger {
  /** Fingerprint of what is still to come; 0: nothing. */
  readonly #due: Uint32Array;
  /** Records that must come. */
  expected = 0;
  /** Records that came once too often, or were never due. */
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

  /** To be told of each record that came. */
  take(index: number, fingerprint: number): void {
    const due = this.#due[index] ?? 0;
    if (due === 0) this.doubled++;
    else {
      if (due !== fingerprint) this.altered++;
      this.#due[index] = 0;
    }
  }

  /** Counts what has not come. */
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
