import { murmur2 } from "../../src/connectors/murmur2.ts";

/** How much was written and, if asked for, a sum that is equal for the same records in any order. */
export class Written {
  records = 0;
  bytes = 0;
  digest = 0;
  readonly #digests: boolean;

  /** @param options.digests costs time: not for a run that is measured */
  constructor({ digests }: { readonly digests: boolean }) {
    this.#digests = digests;
  }

  add(key: Uint8Array | null, value: Uint8Array | null): void {
    this.records++;
    this.bytes += (key?.length ?? 0) + (value?.length ?? 0);
    if (this.#digests) this.digest = (this.digest + murmur2(key!) * 31 + murmur2(value!)) % 2 ** 48;
  }

  /** "60000 records of 8094321 bytes" */
  toString(): string {
    const digest = this.#digests ? `, digest ${this.digest}` : "";
    return `${this.records} records of ${this.bytes} bytes${digest}`;
  }
}
