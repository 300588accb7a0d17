/** 200 records as other clients compress them; see produce.py and Produce.java. */
import type { BrokerRecord, Compression } from "../../../src/connectors/broker.ts";
import batches from "./batches.json" with { type: "json" };

/** One batch, as a broker sends it, from offset 0 on. */
export interface ForeignBatch {
  readonly client: string;
  readonly compression: Compression;
  readonly bytes: Uint8Array;
}

export const FOREIGN_BATCHES: readonly ForeignBatch[] = Object.entries(batches).flatMap(([client, byCodec]) =>
  Object.entries(byCodec).map(([compression, base64]) => {
    return { client, compression: compression as Compression, bytes: Uint8Array.fromBase64(base64) };
  })
);

const encoder = new TextEncoder();

/** What is in each of them, from `offset` on. */
export function foreignRecords(offset = 0): BrokerRecord[] {
  return Array.from({ length: 200 }, (_, n) => ({
    offset: offset + n,
    timestampMs: 1_760_000_000_000 + n,
    key: encoder.encode(`key ${n}`),
    value: encoder.encode(JSON.stringify({ n, text: `record number ${n} of a foreign client `.repeat(5) })),
    headers: [["trace", encoder.encode("1")], ["trace", null]],
  }));
}
