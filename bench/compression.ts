/**
 * What each codec costs, by the course's own bookings: `deno run --allow-read bench/compression.ts`.
 *
 * Codecs take turns, and of each the quickest rounds count: what else the machine does then falls on all alike. Bytes are those
 * of a record at the broker, the times those of a batch's records in this process, over and above no codec at all.
 */
import type { Compression } from "../src/connectors/broker.ts";
import { ByteWriter } from "../src/connectors/kafka/bytes.ts";
import { COMPRESSIONS, loadCodec } from "../src/connectors/kafka/compression.ts";
import { committedRecords } from "../src/connectors/kafka/fetch_response.ts";
import { writeBatch } from "../src/connectors/kafka/batch_writer.ts";
import { EncodeBuffer } from "../src/connectors/json/encode_buffer.ts";

const ROUNDS = 100;
/** Rounds until functions are compiled. */
const WARM_UP = 40;

interface Cost {
  bytes: number;
  readonly writeUs: number[];
  readonly readUs: number[];
}

const records = await bookings();
const costs = new Map<Compression, Cost>();
for (const compression of COMPRESSIONS) {
  await loadCodec(compression);
  costs.set(compression, { bytes: 0, writeUs: [], readUs: [] });
}
for (let round = 0; round < ROUNDS; round++) for (const [compression, cost] of costs) measure(compression, cost);

const none = costs.get("none")!;
for (const [compression, { bytes, writeUs, readUs }] of costs) {
  const [write, read] = [quick(writeUs) - quick(none.writeUs), quick(readUs) - quick(none.readUs)];
  // deno-lint-ignore no-console -- what it is for
  console.log(`${compression}: ${bytes.toFixed()} bytes, write +${write.toFixed(2)} µs, read +${read.toFixed(2)} µs`);
}

function measure(compression: Compression, cost: Cost): void {
  const writer = new ByteWriter(1 << 20);
  const producer = { producerId: 1n, producerEpoch: 0, transactional: true, compression };
  let start = performance.now();
  writeBatch(writer, records, producer, 0);
  cost.writeUs.push((performance.now() - start) * 1_000 / records.length);
  const bytes = writer.written();
  cost.bytes = bytes.length / records.length;
  start = performance.now();
  committedRecords(bytes, 0, [], { topic: "skyone", partition: 0 });
  cost.readUs.push((performance.now() - start) * 1_000 / records.length);
}

/** 800 records of skyone, as jobs write them. */
async function bookings() {
  const text = await Deno.readTextFile(new URL("../tests/e2e/example/skyone.jsonl", import.meta.url));
  const arena = new EncodeBuffer();
  return text.trim().split("\n").map((line) => {
    const { timestamp, key, value } = JSON.parse(line);
    const compact = (json: string) => JSON.stringify(JSON.parse(json));
    return arena.record("skyone", compact(key), compact(value), timestamp, 0);
  });
}

function quick(times: readonly number[]): number {
  return times.slice(WARM_UP).toSorted((a, b) => a - b)[3]!;
}
