import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { z } from "zod";
import { jsonEncoder } from "../../../src/connectors/json/encoder.ts";
import { JsonOutput } from "../../../src/connectors/json/output.ts";
import { SharedBytes } from "../../../src/connectors/records/shared_bytes.ts";
import type { Schema } from "../../../src/connectors/topic.ts";
import { FLIGHTDATA } from "../../../src/models.ts";
import { buildFlight } from "../../builders.ts";
import { functionsMade } from "../functions_made.ts";
import { jsonOf, limitsOfSchemas, randomSchema } from "./random_schemas.ts";

const decoder = new TextDecoder();

function outcome(encode: () => string): string {
  try {
    return encode();
  } catch (error) {
    return `${error}`;
  }
}

/** Writes values one after another, and compares each with its text. @returns how many were written by one */
function encodeAll(schema: Schema<unknown>, values: readonly unknown[]): number {
  const encode = jsonEncoder<unknown, unknown>({ name: "t", schema, key: (value) => ({ of: value }) }, {});
  const keys = new JsonOutput('write to topic "t"', "key");
  const output = new JsonOutput('write to topic "t"', "value", schema);
  const chunk = new SharedBytes(new Uint8Array(1 << 14));
  let known = 0;
  for (const value of values) {
    // Of these two only the texts are asked for, which no shape has a part in.
    const expected = outcome(() => `${keys.text({ of: value })} ${output.text(value)}`);
    for (let times = 0; times < 2; times++) {
      const found = outcome(() => {
        const record = encode(value, 5);
        return `${decoder.decode(record.key!)} ${decoder.decode(record.value!)}`;
      });
      assertEquals(found, expected);
    }
    if (output.write(chunk, 0, value) >= 0) known++;
  }
  return known;
}

Deno.test("whatever the schema, values are written as JSON.stringify() does and refused in the same words, whatever came before", () => {
  let known = 0;
  let all = 0;
  fc.assert(
    fc.property(
      randomSchema.chain(({ schema, values }) =>
        fc.tuple(fc.constant(schema), fc.array(values, { minLength: 1, maxLength: 10 }))
      ),
      ([schema, values]) => {
        known += encodeAll(schema, values.map((value) => JSON.parse(jsonOf(value, false))));
        all += values.length;
      },
    ),
    { numRuns: 250, seed: 3 },
  );
  assert(known > all / 5, `${known} of ${all}`);
});

Deno.test("values at the limits of each kind of schema are written, or refused, as a reader would take them", () => {
  for (const { schema, texts } of limitsOfSchemas()) encodeAll(schema, texts.map((text) => JSON.parse(text)));
});

class Place {
  readonly name = "Ulm";
  get size(): number {
    return 5;
  }
}

const cycle: Record<string, unknown> = { name: "Ulm" };
cycle.itself = cycle;

Deno.test("values that are not only data are written as JSON.stringify() does, or refused, whatever came before", () => {
  const good = { name: "Ulm", size: 5 };
  const others: unknown[] = [
    new Place(),
    Object.assign(Object.create({ size: 5 }), { name: "Ulm" }),
    Object.assign(Object.create({ size: 5 }), good),
    Object.assign(Object.create(null), good),
    { ...good, toJSON: () => ({ name: "other" }) },
    Object.defineProperty({ name: "Ulm" }, "size", { value: 5 }),
    Object.defineProperty({ ...good }, "more", { get: () => 7, enumerable: true }),
    { ...good, [Symbol("s")]: 1 },
    { name: "Ulm", size: undefined },
    { name: undefined, size: 5 },
    { name: "Ulm", size: NaN },
    { name: "Ulm", size: -0 },
    { name: "Ulm", size: 1e21 },
    { name: "Ulm", size: 123_456_789_012 },
    { name: "Ulm", size: -17.25 },
    { name: "Ulm", size: 5n },
    { name: "Ulm", size: new Date(0) },
    { name: new String("Ulm"), size: 5 },
    { name: 'a "b" \\ \n \u007f é 日 🛫 \ud83d', size: 5 },
    { name: "x".repeat(20_000), size: 5 },
    { size: 5, name: "Ulm" },
    { name: "Ulm" },
    { ...good, more: [1, { a: null }] },
    { name: ["a", "é", 'b"'], size: 5 },
    { name: [], size: 5 },
    { name: ["a", undefined], size: 5 },
    { name: Object.assign(["a"], { toJSON: () => "other" }), size: 5 },
    { name: "日".repeat(6_000), size: 5 },
    { name: ["x".repeat(9_000), "x".repeat(9_000)], size: 5 },
    new Proxy(good, {}),
    [good],
    new Map([["name", "Ulm"]]),
    cycle,
    "Ulm",
    5,
    null,
    undefined,
  ];
  for (
    const schema of [
      z.unknown(),
      z.object({ name: z.string(), size: z.number() }),
      z.strictObject({ name: z.unknown(), size: z.unknown() }),
    ]
  ) {
    for (const other of others) encodeAll(schema, [good, other, good, other]);
  }
});

Deno.test("a toJSON() that a program has put into all objects is heard", () => {
  const output = new JsonOutput('write to topic "t"', "value", z.object({ a: z.number() }));
  const chunk = new SharedBytes(new Uint8Array(100));
  const write = () => output.write(chunk, 0, { a: 1 });
  output.text({ a: 1 });
  assert(write() > 0);
  try {
    Object.defineProperty(Object.prototype, "toJSON", { value: () => "other", configurable: true });
    assert(write() < 0);
  } finally {
    delete (Object.prototype as { toJSON?: unknown }).toJSON;
  }
});

Deno.test("values are written where they find room, over many chunks", () => {
  const encode = jsonEncoder(
    { name: "t", schema: z.object({ id: z.string(), n: z.number() }), key: ({ id }) => id },
    {},
  );
  const values = Array.from({ length: 3_000 }, (_, n) => ({ id: "i".repeat(n * 7 % 900), n }));
  const records = values.map((value) => encode(value, 1));
  assertEquals(records.map(({ value }) => decoder.decode(value!)), values.map((value) => JSON.stringify(value)));
  assertEquals(records.map(({ key }) => decoder.decode(key!)), values.map(({ id }) => JSON.stringify(id)));
});

Deno.test("a value that the topic's schema refuses is never written by a shape", () => {
  const output = new JsonOutput('write to topic "flightdata"', "value", FLIGHTDATA.schema);
  const good = { ...buildFlight() };
  const chunk = new SharedBytes(new Uint8Array(1_000));
  const write = (value: unknown) => output.write(chunk, 0, value);
  output.text(good);
  assertEquals(write(good), JSON.stringify(good).length);
  for (
    const change of [
      { email_address: "" },
      { source: "other" },
      { flight_number: 7 },
      { departure_time: "2026-02-30T10:00:00" },
      { arrival_time: "1970-01-01T00:00:00" },
    ]
  ) {
    assert(write({ ...good, ...change }) < 0, JSON.stringify(change));
    assertThrows(() => output.text({ ...good, ...change }), Error, "the topic's own schema refuses the value");
  }
});

Deno.test("an output soon stops making shapes that fit nothing", () => {
  const encode = jsonEncoder<Record<string, number>, number>({
    name: "t",
    schema: z.record(z.string(), z.number()),
    key: () => 1,
  }, {});
  const made = functionsMade(() => {
    for (let i = 0; i < 3_000; i++) encode({ [`name${i}`]: i }, 1);
  });
  assert(made > 0 && made < 30, `${made}`);
});
