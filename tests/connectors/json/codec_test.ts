import { assertEquals, assertThrows } from "@std/assert";
import { z } from "zod";
import { decodeJson, jsonDecoder } from "../../../src/connectors/json/codec.ts";
import { JsonReader } from "../../../src/connectors/json/reader.ts";
import { EncodeBuffer } from "../../../src/connectors/json/encode_buffer.ts";
import { RecordError } from "../../../src/engine/errors.ts";
import { fetchedRecords } from "../../fetched_records.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const bytes = (text: string) => encoder.encode(text);

const FLIGHT = z.object({
  city: z.string(),
  minutes: z.number(),
  stops: z.array(z.object({ at: z.string() })).optional(),
});

/** What decodeJson() says about bytes that it refuses. */
function complaint(value: Uint8Array | null, schema: z.ZodType<unknown> = FLIGHT): string {
  return (assertThrows(() => decodeJson(value, schema), RecordError) as RecordError).message;
}

Deno.test("decodeJson() gives the checked value, unknown fields left out", () => {
  assertEquals(decodeJson(bytes('{"minutes": 5, "city": "Ulm", "extra": [1]}'), FLIGHT), { city: "Ulm", minutes: 5 });
});

Deno.test("decodeJson() reads a view from where it begins to where it ends", () => {
  assertEquals(decodeJson(bytes('xx{"city":"Ulm","minutes":5}yy').subarray(2, -2), FLIGHT), {
    city: "Ulm",
    minutes: 5,
  });
});

Deno.test("decodeJson() refuses a value that is null or empty", () => {
  assertEquals([complaint(null), complaint(new Uint8Array(0))], ["value is null", "value is empty"]);
});

Deno.test("decodeJson() refuses what is not JSON and shows how it starts", () => {
  assertEquals(complaint(bytes("<html>")), 'value is not JSON, it starts with "<html>"');
  assertEquals(complaint(bytes("{'city':")), "value is not JSON, it starts with \"{'city':\"");
  assertEquals(complaint(bytes('{"city":"Ulm"')), 'value is not JSON, it starts with "{\\"city\\":\\"Ulm\\""');
  assertEquals(complaint(bytes("a".repeat(41))), `value is not JSON, it starts with "${"a".repeat(40)}…"`);
  assertEquals(complaint(bytes("a".repeat(40))), `value is not JSON, it starts with "${"a".repeat(40)}"`);
  assertEquals(complaint(bytes("\0\n\u001b[31m")), 'value is not JSON, it starts with "\\u0000\\n\\u001b[31m"');
});

Deno.test("decodeJson() refuses what is not UTF-8 and shows its first bytes", () => {
  assertEquals(
    complaint(new Uint8Array([0x22, 0xff, 0x22])),
    "value is not UTF-8 text, it starts with the bytes 22 ff 22",
  );
  // A record of Avro with its magic byte and schema id; then Latin-1; then a character cut in half.
  assertEquals(
    complaint(new Uint8Array([0, 0, 0, 0, 7, 0x80, 1, 2, 3, 4])),
    "value is not UTF-8 text, it starts with the bytes 00 00 00 00 07 80 01 02",
  );
  assertEquals(
    complaint(new Uint8Array([0x22, 0xfc, 0x22])),
    "value is not UTF-8 text, it starts with the bytes 22 fc 22",
  );
  assertEquals(complaint(bytes('"€"').subarray(0, 2)), "value is not UTF-8 text, it starts with the bytes 22 e2");
});

Deno.test("decodeJson() takes U+FFFD that stands in good UTF-8", () => {
  assertEquals(decodeJson(bytes('"a\ufffdb"'), z.string()), "a\ufffdb");
  assertEquals(complaint(bytes("\ufffd")), 'value is not JSON, it starts with "\ufffd"');
});

Deno.test("decodeJson() takes a byte order mark before the JSON, as some programs on Windows write", () => {
  assertEquals(decodeJson(new Uint8Array([0xef, 0xbb, 0xbf, ...bytes('"a"')]), z.string()), "a");
});

Deno.test("decodeJson() takes text of all planes, escaped or not", () => {
  assertEquals(decodeJson(bytes('"Zürich → 東京 🛫 \\ud83d\\udeec"'), z.string()), "Zürich → 東京 🛫 🛬");
});

Deno.test("decodeJson() names the field that is missing or does not fit, and what it found", () => {
  assertEquals(complaint(bytes('{"city":"Ulm"}')), 'field "minutes" is missing: expected number, received undefined');
  assertEquals(complaint(bytes('{"city":7,"minutes":5}')), 'field "city" is 7: expected string, received number');
  assertEquals(complaint(bytes('{"city":null,"minutes":5}')), 'field "city" is null: expected string, received null');
  assertEquals(
    complaint(bytes('{"city":"Ulm","minutes":5,"stops":[{"at":"Bern"},{"at":false}]}')),
    'field "stops.1.at" is false: expected string, received boolean',
  );
});

Deno.test("decodeJson() names all fields that do not fit", () => {
  assertEquals(
    complaint(bytes('{"minutes":"5"}')),
    'field "city" is missing: expected string, received undefined; field "minutes" is "5": expected number, received string',
  );
});

// The sentence goes into a header of the dead letter, which has to fit into a record too.
Deno.test("decodeJson() stays short when very much does not fit", () => {
  const stops = Array.from({ length: 100_000 }, () => 0);
  const sentence = complaint(bytes(JSON.stringify({ city: "Ulm", minutes: 5, stops })));

  assertEquals(
    sentence.startsWith('field "stops.0" is 0: expected object, received number; field "stops.1" is 0'),
    true,
  );
  assertEquals(sentence.length < 2_000, true);
});

Deno.test("decodeJson() shows the beginning of a long value", () => {
  assertEquals(
    complaint(bytes(`{"city":"Ulm","minutes":"${"9".repeat(100)}"}`)),
    `field "minutes" is "${"9".repeat(39)}…: expected number, received string`,
  );
});

Deno.test("decodeJson() says what a value is that is no object", () => {
  assertEquals(complaint(bytes("[1]")), "value does not fit: expected object, received array");
  assertEquals(complaint(bytes("null")), "value does not fit: expected object, received null");
});

Deno.test("decodeJson() uses the words of a schema that has its own", () => {
  const schema = z.object({ arrival: z.string() }).refine(
    ({ arrival }) => arrival > "2024",
    "it lands before it starts",
  );
  assertEquals(complaint(bytes('{"arrival":"2023"}'), schema), "value does not fit: it lands before it starts");
});

// Every object inherits a field of that name.
Deno.test("decodeJson() names a missing field that is called as one that every object inherits", () => {
  const schema = z.object({ constructor: z.string() });
  assertEquals(complaint(bytes("{}"), schema).startsWith('field "constructor" is'), true);
});

/** What a decoder gives for each of these values when they come one after the other, complaints included. */
function decodeAll(values: readonly (Uint8Array | null)[]): unknown[] {
  const decode = jsonDecoder(z.unknown(), { reader: new JsonReader(z.unknown()) });
  return fetchedRecords(values).map((record) => outcome(() => decode(record)));
}

function outcome(decode: () => unknown): unknown {
  try {
    return [decode()];
  } catch (error) {
    return (error as RecordError).message;
  }
}

Deno.test("jsonDecoder() gives for each record of a run what it would give for it alone, whatever stands beside it", () => {
  const plain = Array.from({ length: 200 }, (_, i) => bytes(`{"n":${i}}`));
  const others = [
    null,
    new Uint8Array(0),
    bytes('"Zürich 🛫"'),
    bytes('"a\ufffdb"'),
    new Uint8Array([0x22, 0xff, 0x22]),
    // Half a character at the end: with the first byte of the next record it would make a whole one.
    new Uint8Array([0x22, 0x22, 0xc3]),
    new Uint8Array([0xa9, 0x31]),
    new Uint8Array([0xef, 0xbb, 0xbf, ...bytes('"a"')]),
    bytes("<html>"),
    bytes(`"${"x".repeat(20_000)}"`),
    bytes(`"${"x".repeat(16_382)}"`),
    // As long as what is made text of at once, and one more.
    bytes(`"${"x".repeat(4_094)}"`),
    bytes(`"${"x".repeat(4_095)}"`),
  ];
  for (const place of [0, 1, 63, 64, 65, 199]) {
    const values = [...plain.slice(0, place), ...others, ...plain.slice(place)];
    assertEquals(decodeAll(values), values.map((value) => outcome(() => decodeJson(value, z.unknown()))));
  }
  assertEquals(decodeAll(plain), plain.map((_, n) => [{ n }]));
});

Deno.test("jsonDecoder() goes from one chunk of bytes to another and back", () => {
  const first = fetchedRecords([bytes('{"n":1}'), bytes('{"n":2}')]);
  const second = fetchedRecords([bytes('{"n":3}'), bytes('{"n":4}')]);
  const schema = z.object({ n: z.number() });
  const decode = jsonDecoder(schema, { reader: new JsonReader(schema) });
  const seen = [first[0]!, first[1]!, second[1]!, second[0]!, first[1]!];
  assertEquals(seen.map((record) => decode(record).n), [1, 2, 4, 3, 2]);
});

Deno.test("jsonDecoder() takes records that are no views", () => {
  const decode = jsonDecoder(z.number(), { reader: new JsonReader(z.number()) });
  assertEquals(decode({ offset: 0, timestampMs: 0, key: null, value: bytes("1"), headers: undefined }), 1);
});

// ------------------------------------------------------------------------------------------------------ EncodeBuffer

function pairOf(arena: EncodeBuffer, key: string, value: string | null): [Uint8Array | null, Uint8Array | null] {
  const record = arena.record("t", key, value, 5);
  return [record.key, record.value];
}

Deno.test("record() has topic, time and partition", () => {
  for (const value of ["a", "ü"]) {
    const { topic, timestampMs, partition, headers } = new EncodeBuffer().record("t", "k", value, 5, 2);
    assertEquals([topic, timestampMs, partition, headers], ["t", 5, 2, undefined]);
  }
});

Deno.test("record() has no value for null", () => {
  for (const key of ["a", "ü", "a".repeat(100_000)]) {
    assertEquals(pairOf(new EncodeBuffer(), key, null), [bytes(key), null]);
  }
});

const decoded = (pair: readonly (Uint8Array | null)[]) => pair.map((part) => decoder.decode(part!));

Deno.test("record() has the bytes of two texts", () => {
  const [key, value] = pairOf(new EncodeBuffer(), '"SKY1"', '{"ref":"SKY1"}');

  assertEquals([key, value], [bytes('"SKY1"'), bytes('{"ref":"SKY1"}')]);
});

Deno.test("record() has the bytes of texts that are empty", () => {
  const arena = new EncodeBuffer();
  for (const [first, second] of [["", ""], ["a", ""], ["", "b"]] as const) {
    assertEquals(decoded(pairOf(arena, first, second)), [first, second]);
  }
});

Deno.test("record() has the bytes of text beyond ASCII, in either place", () => {
  const arena = new EncodeBuffer();
  const pairs = [["Zürich", "a"], ["a", "東京"], ["é", "🛫"], ["a", "b"], ["\u007f", "\u0080"], [
    "\u07ff\u0800",
    "\uffff",
  ]] as const;
  for (const [first, second] of pairs) assertEquals(pairOf(arena, first, second), [bytes(first), bytes(second)]);
});

Deno.test("record() does not join the halves of a character that stand in two texts", () => {
  // As encode() does: half a character is U+FFFD.
  assertEquals(pairOf(new EncodeBuffer(), "a\ud83d", "\udeeb"), [bytes("a\ufffd"), bytes("\ufffd")]);
});

Deno.test("record() has the bytes of very long text", () => {
  const arena = new EncodeBuffer();
  for (const length of [21_844, 21_845, 21_846, 100_000, 3_000_000]) {
    const pair = pairOf(arena, "k", "v".repeat(length - 1));
    assertEquals([pair[0]!.length, pair[1]!.length], [1, length - 1]);
    assertEquals(pair[1]!.every((byte) => byte === 0x76), true);
  }
  assertEquals(decoded(pairOf(arena, "k", "ü".repeat(100_000))), ["k", "ü".repeat(100_000)]);
});

Deno.test("record() has bytes that are never written again, over many chunks", () => {
  const arena = new EncodeBuffer();
  const texts = Array.from(
    { length: 3_000 },
    (_, index) => [`key ${index}`, `${index} ${index % 7 === 0 ? "ü" : "u"}`.repeat(20)] as const,
  );
  const pairs = texts.map(([key, value]) => pairOf(arena, key, value));

  assertEquals(pairs.map(decoded), texts.map((pair) => [...pair]));
});
