import { assert, assertEquals } from "@std/assert";
import type { BrokerRecord, RecordHeaders } from "../../src/connectors/broker.ts";
import { BatchEncoder, decodeBatch, type Row, RowBuffers } from "../../src/connectors/embedded/batch.ts";
import { DeadLetterWriter } from "../../src/connectors/records/dead_letter_record.ts";
import type { DeadLetter } from "../../src/engine/mod.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const words = (headers: RecordHeaders | undefined) =>
  headers?.map(([name, value]) => [name, value === null ? null : new TextDecoder().decode(value)]);

/** The rows of records with these headers, written one after the other. */
function rowsOf(all: readonly (RecordHeaders | undefined)[]): readonly Row[] {
  const encoder = new BatchEncoder(new RowBuffers());
  for (const headers of all) {
    encoder.add({ topic: "t", partition: 0, key: null, value: bytes("v"), timestampMs: 1, headers });
  }
  return encoder.rows();
}

/** The headers of records as they are read that were written one after the other. */
function written(all: readonly (RecordHeaders | undefined)[]): unknown[] {
  const found: BrokerRecord[] = [];
  for (const row of rowsOf(all)) decodeBatch(row.bytes, found.length, 0, found);
  return found.map(({ headers }) => words(headers));
}

Deno.test("headers are those of their record, whatever they have in common with those before", () => {
  const a = ["a", bytes("1")] as const;
  const b = ["b", null] as const;
  const long = ["long", bytes("x".repeat(5_000))] as const;
  const all: (RecordHeaders | undefined)[] = [
    [a, b],
    [a, b, long],
    [a],
    undefined,
    [a, ["b", bytes("2")], long],
    [a, ["b", bytes("2")]],
    [a, ["b", bytes("3")]],
    [long, a],
    [["a", bytes("1")], b],
    [b, b, b],
    [b],
  ];

  assertEquals(written(all), all.map(words));
});

Deno.test("headers that are those of the record before stand in a row once, and are read from any record on", () => {
  const common = Array.from({ length: 10 }, (_, i) => [`common-${i}`, bytes("x".repeat(50))] as const);
  // More than a row holds, so that some begin a row of their own.
  const all = Array.from({ length: 1_200 }, (_, i): RecordHeaders => [...common, ["own", bytes(String(i))]]);
  const rows = rowsOf(all);

  assertEquals(written(all), all.map(words));
  assert(rows.length > 1 && rows.every(({ sharesHeaders }) => sharesHeaders));
  assert(rows.reduce((sum, row) => sum + row.bytes.length, 0) < 1_200 * 100);
  for (const from of [0, 1, 7]) {
    const found: BrokerRecord[] = [];
    decodeBatch(rows[0]!.bytes, 0, from, found);
    assertEquals(words(found[0]!.headers), words(all[from]));
  }
  assertEquals(rowsOf([[["a", bytes("1")]], [["a", bytes("1")]]])[0]!.sharesHeaders, false);
});

const LETTER: DeadLetter = {
  origin: { topic: "in", partition: 3, offset: 7, timestampMs: 11, key: null, value: bytes("v"), headers: undefined },
  timestampMs: 11,
  operator: "counts",
  errorClass: "LateRecord",
  message: "too late",
  lateFromMs: 9,
  attempt: 1,
};

Deno.test("a dead letter has headers of its own, whatever it has in common with the one before", () => {
  const { origin } = LETTER;
  const others: DeadLetter[] = [
    { ...LETTER, origin: { ...origin!, offset: 8, timestampMs: 12 } },
    { ...LETTER, origin: { ...origin!, partition: 4 } },
    { ...LETTER, origin: { ...origin!, topic: "other" } },
    { ...LETTER, origin: { ...origin!, headers: [["own", bytes("h")]] } },
    { ...LETTER, origin: undefined, value: 1 },
    { ...LETTER, operator: "sums" },
    { ...LETTER, errorClass: "TypeError" },
    { ...LETTER, message: "still too late" },
    { ...LETTER, lateFromMs: 10 },
    { ...LETTER, lateFromMs: undefined },
    { ...LETTER, attempt: 2 },
    { ...LETTER, origin: undefined, firing: { key: "a", window: "[0, 10)" } },
    { ...LETTER, origin: undefined, firing: { key: "b", timerMs: 10 } },
  ];
  // Each beside one from which it differs in one thing.
  const letters = others.flatMap((letter) => [LETTER, letter]);
  const headersBy = (writer: () => DeadLetterWriter) =>
    letters.map((letter) => words(writer().record(letter).headers)!.filter(([name]) => name !== "dead-letter.time"));
  const one = new DeadLetterWriter("dead", "job");

  assertEquals(headersBy(() => one), headersBy(() => new DeadLetterWriter("dead", "job")));
  assertEquals(words(one.record(letters[1]!).headers)!.slice(-2), [
    ["dead-letter.offset", "8"],
    ["dead-letter.timestamp", "12"],
  ]);
});
