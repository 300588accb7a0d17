/** Records that cannot be processed do not stop a job and are not lost: each is logged and becomes a dead letter. */
import { assertEquals, assertMatch } from "@std/assert";
import { buildSkyone } from "../builders.ts";
import { forEachBroker, read, run, succeed, type TestBroker } from "./programs.ts";

const LANDS = { flight_departure_time: "2090-01-01T08:00:00", flight_arrival_time: "2090-01-01T10:00:00" };

function booking(confirmation: string, overrides: Record<string, unknown> = {}): string {
  return JSON.stringify({ ...buildSkyone({ ...LANDS, confirmation }), ...overrides });
}

function without(field: string, confirmation: string): string {
  const { [field]: _gone, ...rest } = JSON.parse(booking(confirmation));
  return JSON.stringify(rest);
}

/** Each bad value, what the job has to say of it, and what it must not take for it. */
const BAD: Record<string, { line: RawLine; says: RegExp }> = {
  "text that is not JSON": {
    line: { key: "b0", value: "<html>no</html>" },
    says: /offset 0: value is not JSON, it starts with "<html>no<\/html>"/,
  },
  "JSON of another shape": {
    line: { key: "b1", value: "[1,2]" },
    says: /offset 1: value does not fit: expected object, received array/,
  },
  "a missing field": {
    line: { key: "b2", value: without("aircraft", "B2") },
    says: /offset 2: field "aircraft" is missing/,
  },
  "a field of another type": {
    line: { key: "b3", value: booking("B3", { ticket_price: "12" }) },
    says: /offset 3: field "ticket_price" is "12": expected number, received string/,
  },
  "an empty value": { line: { key: "b4", value: "" }, says: /offset 4: value is empty/ },
  "no value": { line: { key: "b5", value: null }, says: /offset 5: value is null/ },
  "a megabyte of text": {
    line: { key: "b6", value: "x".repeat(1_000_000) },
    says: /offset 6: value is not JSON, it starts with "x+…"/,
  },
  "bytes that are not UTF-8": {
    line: { key: "b7", valueBase64: btoa('{"a":"\xff\xfe"}') },
    says: /offset 7: value is not UTF-8 text, it starts with the bytes 7b 22 61/,
  },
  "an impossible date": {
    line: { key: "b8", value: booking("B8", { flight_arrival_time: "2090-02-30T10:00:00" }) },
    says: /offset 8: field "flight_arrival_time" is "2090-02-30T10:00:00"/,
  },
  "an arrival before its departure": {
    line: { key: "b9", value: booking("B9", { flight_arrival_time: "2090-01-01T07:59:59" }) },
    says: /offset 9: .*"2090-01-01T07:59:59" is before .*"2090-01-01T08:00:00"/,
  },
};

interface RawLine {
  readonly key: string | null;
  readonly value?: string | null;
  readonly valueBase64?: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
}

forEachBroker(
  "s16 logs each dead letter in one sentence, keeps its bytes, and goes on",
  async (broker) => {
    await succeed(broker, "gen", ["--create", "--count", "0"]);
    const lines = Object.values(BAD).map(({ line }, i) => ({ ...line, partition: 0, timestamp: 1_000 + i }));
    const good = [
      { key: null, value: booking("NULL-KEY"), partition: 0, timestamp: 2_000 },
      { key: "extra", value: booking("EXTRA", { not_in_the_schema: { a: 1 } }), partition: 0, timestamp: 2_001 },
      { key: "last", value: booking("LAST"), partition: 0, timestamp: 2_002 },
    ];
    await succeed(
      broker,
      "topics",
      ["write", "skyone"],
      [...lines, ...good].map((line) => JSON.stringify(line)).join("\n"),
    );

    const { stderr, stdout } = await succeed(broker, "s16", ["--bounded", "--from", "earliest"]);

    for (const [what, { says }] of Object.entries(BAD)) assertMatch(stderr, says, what);
    assertEquals(/^\s+at /m.test(stderr), false, `a stack trace:\n${stderr}`);
    assertEquals(stdout, "");
    assertMatch(stderr, /13 in, 3 out, 10 bad/);
    const flights = await read(broker, "flightdata");
    assertEquals(flights.map(({ key }) => JSON.parse(key).confirmation).sort(), ["EXTRA", "LAST", "NULL-KEY"]);

    const letters = await readRaw(broker, "flight_importer.dead-letters");
    assertEquals(letters.map(bytesOf), lines.map(bytesOf));
    assertEquals(letters.map(({ key }) => key), lines.map(({ key }) => key));
    assertEquals(letters.map((letter) => headerOf(letter, "dead-letter.offset")), lines.map((_, i) => String(i)));
    assertEquals(headerOf(letters[0]!, "dead-letter.topic"), "skyone");

    // Nothing of it is taken again.
    const again = await run(broker, "s16", ["--bounded"]);
    assertMatch(again.stderr, /finished: 0 in, 0 out/);
  },
);

forEachBroker(
  "a bounded run of which each record was bad ends with 1 and one sentence, and is committed",
  async (broker) => {
    await succeed(broker, "gen", ["--create", "--count", "0"]);
    const lines = Object.values(BAD).map(({ line }, i) => ({ ...line, partition: 0, timestamp: 1_000 + i }));
    await succeed(broker, "topics", ["write", "skyone"], lines.map((line) => JSON.stringify(line)).join("\n"));

    const failed = await run(broker, "s16", ["--bounded", "--from", "earliest"]);

    assertEquals(failed.code, 1);
    assertMatch(
      failed.stderr,
      /\nerror: Cannot end job "flight_importer" with success: it read 10 records and could process none, they are kept in "flight_importer.dead-letters"; .*\n$/,
    );
    assertEquals((await readRaw(broker, "flight_importer.dead-letters")).length, 10);
    // Once is enough: they are not read again.
    assertMatch(await succeed(broker, "s16", ["--bounded"]).then(({ stderr }) => stderr), /finished: 0 in, 0 out/);
  },
);

async function readRaw(broker: TestBroker, topic: string): Promise<RawLine[]> {
  const { stdout } = await succeed(broker, "topics", ["read", topic, "--bounded", "--json", "--headers"]);
  return stdout.trim().split("\n").map((line) => JSON.parse(line));
}

function headerOf({ headers }: RawLine, name: string): string | undefined {
  return headers?.find((header) => header[0] === name)?.[1];
}

function bytesOf(line: { value?: unknown; valueBase64?: unknown }): unknown {
  return line.valueBase64 ?? line.value;
}
