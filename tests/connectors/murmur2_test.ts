import { assertEquals } from "@std/assert";
import { murmur2, partitionOf } from "../../src/connectors/murmur2.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** From Kafka's own UtilsTest.testMurmur2(). */
const KNOWN: readonly (readonly [Uint8Array, number])[] = [
  [bytes("21"), -973932308],
  [bytes("foobar"), -790332482],
  [bytes("a-little-bit-long-string"), -985981536],
  [bytes("a-little-bit-longer-string"), -1486304829],
  [bytes("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8"), -58897971],
  [bytes("abc"), 479470107],
];

Deno.test("murmur2() gives the hashes of Kafka's Java client", () => {
  for (const [key, hash] of KNOWN) assertEquals(murmur2(key), hash);
});

Deno.test("murmur2() reads bytes above 127 as unsigned, at every place of a word and of the rest", () => {
  const hashes = [0, 1, 2, 3, 4, 5, 6, 7].map((length) => murmur2(new Uint8Array(length).fill(0xff)));
  // What the Java client 4.1 gives.
  assertEquals(hashes, [275646681, -311467685, -1642832928, 1548199422, 644171429, -363838622, 28450676, -71293549]);
  assertEquals(murmur2(Uint8Array.from({ length: 256 }, (_, index) => index)), -1948347274);
});

Deno.test("murmur2() reads a view from where it begins to where it ends", () => {
  const around = bytes("xxfoobaryy");
  assertEquals(murmur2(around.subarray(2, 8)), -790332482);
});

Deno.test("partitionOf() takes the hash without its sign, modulo the partitions", () => {
  // Where the Java client puts them: four of the hashes are negative.
  assertEquals(KNOWN.map(([key]) => partitionOf(key, 5)), [0, 1, 2, 4, 2, 2]);
  assertEquals(KNOWN.map(([key]) => partitionOf(key, 1)), [0, 0, 0, 0, 0, 0]);
});
