/**
 * Values that no airline would send, through every decoder and through s16 and s20 in this process: nothing crashes or hangs,
 * the books balance, and each bad value is in the dead letters byte by byte. FUZZ_RUNS=100000 tries more than the usual test
 * run has time for.
 */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { TopicReader } from "../../chaos/evidence.ts";
import type { OutgoingRecord } from "../../src/connectors/broker.ts";
import { CsvReaderFormat } from "../../src/connectors/files/csv.ts";
import { type FileDecoder, JsonLinesFormat, TextLineInputFormat } from "../../src/connectors/files/format.ts";
import { decodeJson, decodeText, jsonDecoder } from "../../src/connectors/json/codec.ts";
import { JsonReader } from "../../src/connectors/json/reader.ts";
import { type JobBroker, openBroker } from "../../src/connectors/mod.ts";
import {
  type Books,
  RecordError,
  SILENT,
  StreamExecutionEnvironment,
  WatermarkStrategy,
} from "../../src/engine/mod.ts";
import { FLIGHTDATA, SKYONE, SUNSET, USERSTATISTICS } from "../../src/models.ts";
import { defineWorkflow as mergeFlights } from "../../src/s16_merge.ts";
import { defineWorkflow as countFlights } from "../../src/s20_manage_state.ts";
import { buildFlight, buildSkyone, buildSunset } from "../builders.ts";
import { byTraveller, expectedFlights, expectedStatistics, format, type Line } from "../../chaos/oracle.ts";
import { fetchedRecords } from "../fetched_records.ts";
import { mayRunPrograms } from "./programs.ts";

const allowed = mayRunPrograms();
const RUNS = Number((allowed ? Deno.env.get("FUZZ_RUNS") : undefined) ?? 3_000);
const SEED = 20_260_301;
const NOW = "2026-01-01T00:00:00";

// --------------------------------------------------------------------------------------------------------- the values

const encoder = new TextEncoder();
const bytes = (text: string) => encoder.encode(text);
const mark = [0xef, 0xbb, 0xbf];

/** Values made by hand around one that is good; some of them are good, too. */
function corpus(good: Record<string, unknown>): (Uint8Array | null)[] {
  const text = JSON.stringify(good);
  const [field, other] = Object.keys(good) as [string, string];
  const withField = (json: string) => bytes(`{${text.slice(1, -1)},${JSON.stringify(field)}:${json}}`);
  const withUnknown = (json: string, name = "unknown") => bytes(`{${JSON.stringify(name)}:${json},${text.slice(1)}`);
  const deep = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
  const whole = bytes(text);
  return [
    null,
    bytes(""),
    bytes(" \t\r\n"),
    // Text that is damaged, or not what it looks like.
    whole.slice(0, -1),
    bytes(text.replace(":", ":\u20ac")).slice(0, text.indexOf(":") + 2),
    new Uint8Array([...whole.slice(0, 30), 0xe2, 0x82, ...whole.slice(30)]),
    new Uint8Array([...whole.slice(0, 30), 0xc0, 0xaf, ...whole.slice(30)]),
    new Uint8Array([...whole.slice(0, 30), 0xed, 0xa0, 0x80, ...whole.slice(30)]),
    new Uint8Array([...mark, ...whole]),
    new Uint8Array([...mark, ...mark, ...whole]),
    new Uint8Array([...whole, ...mark]),
    new Uint8Array([0xff, 0xfe, ...new Uint8Array(new Uint16Array([...text].map((c) => c.charCodeAt(0))).buffer)]),
    new Uint8Array(mark),
    new Uint8Array([0]),
    new Uint8Array([...whole, 0]),
    bytes(text.replace(/"[^"]+@/, '"a\0b@')),
    bytes(`${text}${text}`),
    bytes(`${text}\n${text}`),
    bytes(`// booking\n${text}`),
    bytes(text.replaceAll('"', "'")),
    // Strings that JSON allows.
    withField('"a\\u0000b"'),
    withField('"\\ud800"'),
    withField('"\\udc00\\ud800"'),
    withField('"\ufffd"'),
    withField('"\u2028\u{1f600}"'),
    withField('""'),
    withField(JSON.stringify("x".repeat(1_000))),
    // Other types than expected.
    ...[
      '""',
      "null",
      "true",
      "0",
      "-0",
      "1e999",
      "-1e999",
      "1e-999",
      "9007199254740993",
      "[]",
      "{}",
      '["a@b"]',
      deep(50),
    ]
      .flatMap((json) => [withField(json), bytes(json)]),
    bytes(`[${text}]`),
    bytes(JSON.stringify(text)),
    bytes("NaN"),
    bytes(text.replace(/:(\d+)/, ":0$1")),
    bytes(text.replace(/:(\d+)/, ":1" + "0".repeat(400))),
    // Fields too much, twice, or with names of JavaScript's own.
    withUnknown(deep(20_000)),
    bytes(deep(200_000)),
    bytes("[".repeat(1_000_000)),
    withField(deep(20_000)),
    withUnknown(JSON.stringify("x".repeat(1_000_000 - 2 * text.length))),
    bytes("x".repeat(1_000_000)),
    ...["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", ""].flatMap((name) => [
      withUnknown('{"a":1}', name),
      withUnknown("null", name),
      bytes(text.replace(JSON.stringify(other), JSON.stringify(name))),
      bytes(`{${JSON.stringify(name)}:${text}}`),
    ]),
    bytes(`{${text.slice(1, -1)},${text.slice(1)}`),
  ];
}

/** Endless values: good ones, good ones that were damaged, and what is nothing like them. */
function values(good: Record<string, unknown>): fc.Arbitrary<Uint8Array> {
  const text = JSON.stringify(good);
  const field = fc.constantFrom(...Object.keys(good));
  const place = fc.nat(text.length - 1);
  const changed = fc.tuple(field, fc.oneof(fc.jsonValue(), fc.string({ unit: "binary" }), wallClock))
    .map(([name, value]) => bytes(JSON.stringify({ ...good, [name]: value })));
  return fc.oneof(
    { arbitrary: fc.uuid().map((id) => bytes(JSON.stringify({ ...good, [keyField(good)]: id }))), weight: 4 },
    { arbitrary: changed, weight: 4 },
    field.map((gone) => bytes(JSON.stringify({ ...good, [gone]: undefined }))),
    fc.tuple(place, fc.nat(255)).map(([at, byte]) => bytes(text).with(at, byte)),
    fc.tuple(place, place).map(([from, to]) => bytes(text.slice(0, from) + text.slice(to))),
    fc.tuple(place, fc.string({ unit: "binary" })).map(([at, more]) =>
      bytes(text.slice(0, at) + more + text.slice(at))
    ),
    fc.json().map(bytes),
    fc.uint8Array(),
    fc.string({ unit: "binary" }).map(bytes),
  );
}

const wallClock = fc.tuple(fc.integer({ min: 0, max: 9_999 }), fc.nat(13), fc.nat(32), fc.nat(25), fc.nat(61)).map((
  all,
) =>
  "Y-M-DTh:m:00".replace(/[YMDhm]/g, (part) => String(all["YMDhm".indexOf(part)]).padStart(part === "Y" ? 4 : 2, "0"))
);

function keyField(good: Record<string, unknown>): string {
  return ["confirmation", "reference_number", "email_address"].find((name) => name in good)!;
}

function sample(good: Record<string, unknown>, count: number, seed: number): (Uint8Array | null)[] {
  return [...corpus(good), ...fc.sample(values(good), { seed, numRuns: count })];
}

// ----------------------------------------------------------------------------------------- what is good, by other means

/** Whether a value is a record of this shape: written without the project's schemas. */
function isGood(value: Uint8Array | null, shape: Record<string, unknown>): boolean {
  let found: Record<string, unknown>;
  try {
    found = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(value!));
  } catch {
    return false;
  }
  if (value === null || typeof found !== "object" || found === null || Array.isArray(found)) return false;
  const times: number[] = [];
  for (const [name, example] of Object.entries(shape)) {
    if (!Object.hasOwn(found, name)) return false;
    const field = found[name];
    if (typeof field !== typeof example) return false;
    if (typeof field === "number" && !Number.isFinite(field)) return false;
    if (name.endsWith("_time")) times.push(timeOf(field as string));
  }
  if (["email_address", "customer_email_address", keyField(shape)].some((name) => found[name] === "")) return false;
  if ("source" in shape && found.source !== "skyone" && found.source !== "sunset") return false;
  return times.every((ms) => !Number.isNaN(ms)) && (times.length === 0 || times[0]! <= times[1]!);
}

/** NaN if there is no such moment. */
function timeOf(text: string): number {
  const [, date, hours, zone] =
    /^(\d{4}-\d\d-\d\d)T((?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?)(Z|[+-]\d\d:\d\d)?$/.exec(text) ?? [];
  if (date === undefined) return NaN;
  const day = new Date(`${date}T00:00:00Z`);
  if (Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== date) return NaN;
  return Date.parse(`${date}T${hours}${zone ?? "Z"}`);
}

// ------------------------------------------------------------------------------------------------------- the decoders

/** @returns the value as text, or "bad"; fails on anything else than a RecordError */
function attempt(decode: () => unknown): string {
  try {
    return JSON.stringify(decode()) ?? "undefined";
  } catch (error) {
    if (error instanceof RecordError) return "bad";
    throw error;
  }
}

const SHAPES = [
  { topic: SKYONE, good: { ...buildSkyone() } },
  { topic: SUNSET, good: { ...buildSunset() } },
  { topic: FLIGHTDATA, good: { ...buildFlight() } },
  {
    topic: USERSTATISTICS,
    good: { email_address: "ANNAB@email.com", total_flight_duration: 185, number_of_flights: 1 },
  },
] as const;

for (const { topic, good } of SHAPES) {
  Deno.test(`the decoder of "${topic.name}" gives a value or says what is wrong, alone and in a batch`, () => {
    const all = sample(good, RUNS / 4, SEED);
    const records = fetchedRecords(all);
    const decode = jsonDecoder<unknown>(topic.schema, { reader: new JsonReader<unknown>(topic.schema) });
    // A decoder is faster with values like those it has seen.
    decode(fetchedRecords([bytes(JSON.stringify(good))])[0]!);
    let found = 0;
    for (const [index, value] of all.entries()) {
      const alone = attempt(() => decodeJson<unknown>(value, topic.schema));
      assertEquals(attempt(() => decode(records[index]!)), alone);
      if (topic !== USERSTATISTICS) assertEquals(alone !== "bad", isGood(value, good), JSON.stringify(shown(value)));
      if (alone !== "bad") found++;
    }
    // There is much of both.
    assert(found > all.length / 10 && found < all.length * 0.9, `${found} of ${all.length} are good`);
  });
}

Deno.test("the decoders of text and files give records or say what is wrong, and come to the end", () => {
  const decoders: FileDecoder<unknown>[] = [];
  for (const value of sample(SHAPES[0].good, RUNS / 4, SEED + 1)) {
    if (value === null) continue;
    attempt(() => decodeText(value));
    decoders.length = 0;
    decoders.push(new TextLineInputFormat().open(), new JsonLinesFormat(SKYONE.schema).open());
    decoders.push(new CsvReaderFormat().open());
    for (const decoder of decoders) {
      decoder.header?.(bytes("a"));
      for (let start = 0; start < value.length;) {
        const end = decoder.end(value, start, true);
        assert(end >= start && end <= value.length, `it goes from ${start} to ${end} of ${value.length}`);
        attempt(() => decoder.decode(value.subarray(start, end)));
        start = end + 1;
      }
    }
  }
});

function shown(value: Uint8Array | null): string | null {
  return value && new TextDecoder().decode(value.subarray(0, 300));
}

// ---------------------------------------------------------------------------------------------------------- the lessons

interface Fed {
  readonly topic: string;
  readonly values: readonly (Uint8Array | null)[];
  readonly shape: Record<string, unknown>;
}

Deno.test({
  name: `s16 and s20 survive what no airline would send, and account for each of it${
    allowed ? "" : " (skipped: needs permission to use files)"
  }`,
  ignore: !allowed,
  fn: async () => {
    const dir = await Deno.makeTempDir();
    try {
      const settings = { broker: "embedded", dir, sync: "normal" } as const;
      await using broker = await openBroker({ settings, logger: SILENT });
      const topics = SHAPES.map(({ topic }) => topic.name);
      await broker.port.createTopics(topics.map((name) => ({ name, partitions: 3 })));
      await mergeOdd(broker);
      await countOdd(broker);
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
});

async function mergeOdd(broker: JobBroker): Promise<void> {
  const [skyone, sunset] = [SHAPES[0], SHAPES[1]].map(({ topic, good }, index): Fed => {
    const shape = { ...good, ...(index === 0 ? LANDS_SKYONE : LANDS_SUNSET) };
    return { topic: topic.name, values: sample(shape, RUNS / 4, SEED + 2 + index), shape };
  }) as [Fed, Fed];
  const good = [await feed(broker, skyone), await feed(broker, sunset)] as const;
  const env = new StreamExecutionEnvironment({ jobName: "odd16", store: broker, bounded: true, from: "earliest" });
  const none = WatermarkStrategy.noWatermarks();
  mergeFlights(
    env.fromSource(broker.source(SKYONE), none, "skyone"),
    env.fromSource(broker.source(SUNSET), none, "sunset"),
    () => new Date(NOW).getTime(),
  ).sinkTo(broker.sink(FLIGHTDATA)).name("flights");
  const { books } = await env.execute();

  const flights = await linesOf(broker, FLIGHTDATA.name);
  assertEquals(flights.map(format).sort(), expectedFlights(...good, NOW).sort());
  const filtered = good[0].length + good[1].length - flights.length;
  assertEquals(books.recordsIn, skyone.values.length + sunset.values.length);
  assertEquals(books.recordsIn, books.recordsOut + filtered + books.late + books.dead);
  assertEquals(books.recordsOut, flights.length);
  await assertDeadLetters(broker, "odd16", books, [skyone, sunset]);
}

async function countOdd(broker: JobBroker): Promise<void> {
  // The topic holds flights already: what this job must count is what s16 has written, and what is good of this.
  const before = await linesOf(broker, FLIGHTDATA.name);
  const fed = { topic: FLIGHTDATA.name, values: sample(SHAPES[2].good, RUNS / 4, SEED + 4), shape: SHAPES[2].good };
  const last = Math.max(...before.map(({ timestamp }) => timestamp));
  const good = await feed(broker, fed, last / 1_000 + 1);
  const env = new StreamExecutionEnvironment({ jobName: "odd20", store: broker, bounded: true, from: "earliest" });
  countFlights(env.fromSource(broker.source(FLIGHTDATA), WatermarkStrategy.forMonotonousTimestamps(), "flights"))
    .sinkTo(broker.sink(USERSTATISTICS)).name("statistics");
  const { books } = await env.execute();

  const statistics = await linesOf(broker, USERSTATISTICS.name);
  assertEquals(byTraveller(statistics), expectedStatistics([...before, ...good]));
  assertEquals([books.recordsIn, books.late, books.pendingTimers], [before.length + fed.values.length, 0, 0]);
  const window = books.operators.find(({ name }) => name === "user_statistics")!;
  assertEquals(books.recordsIn, window.recordsIn + books.dead);
  assertEquals(books.recordsOut, statistics.length);
  await assertDeadLetters(broker, "odd20", books, [fed]);
}

const LANDS_SKYONE = { flight_departure_time: "2026-03-01T08:00:00", flight_arrival_time: "2026-03-01T11:05:00" };
const LANDS_SUNSET = { departure_time: "2025-03-01T08:00:00", arrival_time: "2026-03-01T11:05:00" };

/** Writes the values, each to a partition in turn and a second after the last. @returns those that are good */
async function feed(broker: JobBroker, { topic, values, shape }: Fed, firstSecond = 0): Promise<Line[]> {
  const records = values.map((value, index): OutgoingRecord => ({
    topic,
    partition: index % 3,
    key: null,
    value,
    timestampMs: (firstSecond + index) * 1_000,
  }));
  const producer = await broker.port.producer();
  await producer.send(records);
  await producer.close();
  return records.filter(({ value }) => isGood(value, shape)).map(({ partition, timestampMs, value }) => ({
    partition: partition!,
    timestamp: timestampMs,
    key: "",
    value: decodeText(value!),
  }));
}

async function linesOf(broker: JobBroker, topic: string): Promise<Line[]> {
  await using reader = await TopicReader.open(
    broker.port,
    topic,
    ({ timestampMs, key, value }) =>
      JSON.stringify({ timestamp: timestampMs, key: decodeText(key!), value: decodeText(value!) }),
  );
  await reader.readOn();
  return reader.partitions.flatMap((records, partition) => records.map((text) => ({ ...JSON.parse(text), partition })));
}

/** Each value that is not good, and no other, is in the dead letters with its bytes. */
async function assertDeadLetters(broker: JobBroker, job: string, books: Books, all: readonly Fed[]): Promise<void> {
  const hex = (value: Uint8Array | null) => value && (value.length > 10_000 ? hashOf(value) : value.toHex());
  await using reader = await TopicReader.open(
    broker.port,
    `${job}.dead-letters`,
    ({ headers, value }) => `${decodeText(new Map(headers).get("dead-letter.topic")!)} ${hex(value)}`,
  );
  await reader.readOn();
  const expected = all.flatMap(({ topic, values, shape }) =>
    values.filter((value) => !isGood(value, shape)).map((value) => `${topic} ${hex(value)}`)
  );
  assertEquals(reader.partitions.flat().sort(), expected.sort());
  assertEquals(books.dead, expected.length);
}

/** FNV-1a, and the length. */
function hashOf(value: Uint8Array): string {
  let hash = 0x811c9dc5;
  for (const byte of value) hash = Math.imul(hash ^ byte, 0x01000193);
  return `${value.length} bytes ${hash >>> 0}`;
}
