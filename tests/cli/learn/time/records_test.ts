import { assertEquals, assertThrows } from "@std/assert";
import { partitionOf } from "../../../../src/connectors/murmur2.ts";
import { readRecords } from "../../../../src/cli/learn/time/records.ts";
import { encodeJson, UsageError } from "../../../../src/utils.ts";

const at = (time: string) => Date.parse(`2026-03-01T${time}Z`);
const FROM = { from: "a.txt" };

Deno.test("readRecords() reads a time, a key and a partition from a line, and waits", () => {
  const text = "# mine\n12:00:05 anna\n\n12:00:07.5 ben p1\nwait 30s\n12:01 cleo 0\n";
  assertEquals(readRecords(text, FROM), {
    partitions: 2,
    areOfTopic: false,
    arrivals: [
      { key: "anna", timeMs: at("12:00:05"), partition: partitionOf(encodeJson("anna"), 2) },
      { key: "ben", timeMs: at("12:00:07.5"), partition: 1 },
      { waitMs: 30_000 },
      { key: "cleo", timeMs: at("12:01"), partition: 0 },
    ],
  });
});

Deno.test("readRecords() reads JSON, with fields that it knows or that are named", () => {
  const known = '{"time":"2026-03-01T12:00:05Z","who":"anna"}\n{"time":1000,"who":"ben"}\n{"wait":"5s"}';
  assertEquals(readRecords(known, FROM).arrivals, [
    { key: "anna", timeMs: at("12:00:05"), partition: 0 },
    { key: "ben", timeMs: 1000, partition: 0 },
    { waitMs: 5_000 },
  ]);
  const other = '{"booked":"2026-03-01T12:00:05Z","city":"Ulm","seat":7}';
  const [record] = readRecords(other, { ...FROM, timeField: "booked", keyField: "seat" }).arrivals;
  assertEquals(record, { key: "7", timeMs: at("12:00:05"), partition: 0 });
});

Deno.test("readRecords() reads what `topics read --json` prints", () => {
  const line = JSON.stringify({
    partition: 3,
    offset: 9,
    timestamp: 5_000,
    key: '{"confirmation":"SKY1"}',
    value: '{"email_address":"anna@email.com"}',
  });
  assertEquals(readRecords(line, FROM).arrivals, [{ key: "SKY1", timeMs: 5_000, partition: 3 }]);
  assertEquals(readRecords(line, { ...FROM, keyField: "email_address" }).arrivals, [
    { key: "anna@email.com", timeMs: 5_000, partition: 3 },
  ]);
});

const REFUSED: readonly (readonly [text: string, message: string])[] = [
  ["", "Cannot read a.txt: there is no record in it"],
  ["wait 5s", "Cannot read a.txt: there is no record in it"],
  ["12:00:05 anna\nnoon ben", "Cannot read line 2 of a.txt"],
  ["12:00:05 anna ben", '"ben" is no partition'],
  ["12:00:05 anna 1 2", "more than a time, a key and a partition"],
  ["wait long", '"long" is not a duration'],
  ["{", "begins like JSON"],
  ['{"who":"anna"}', "it has no time"],
  ['{"time":{},"who":"anna"}', 'its "time" is {}'],
];

for (const [text, message] of REFUSED) {
  Deno.test(`readRecords() refuses ${JSON.stringify(text)}`, () => {
    assertThrows(() => readRecords(text, FROM), UsageError, message);
  });
}

Deno.test("readRecords() refuses a partition beyond --partitions, and a field that is not there", () => {
  assertThrows(() => readRecords("12:00:05 anna 2", { ...FROM, partitions: 2 }), UsageError, "partition 2");
  assertThrows(() => readRecords('{"time":1}', { ...FROM, keyField: "x" }), UsageError, '"x"');
});

Deno.test("readRecords() puts the records of a topic's partition into its order again", () => {
  const line = (partition: number, offset: number, timestamp: number) =>
    JSON.stringify({ partition, offset, timestamp, key: `${partition}-${offset}`, value: null });
  const read = readRecords([line(0, 1, 4_000), line(1, 0, 5_000), line(0, 0, 12_000)].join("\n"), FROM);
  assertEquals(read.areOfTopic, true);
  const ofPartition = (partition: number) =>
    read.arrivals.flatMap((each) => "key" in each && each.partition === partition ? [each.key] : []);
  assertEquals([ofPartition(0), ofPartition(1)], [["0-0", "0-1"], ["1-0"]]);
});
