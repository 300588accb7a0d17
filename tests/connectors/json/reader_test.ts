import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { z } from "zod";
import { decodeJson, jsonDecoder } from "../../../src/connectors/json/codec.ts";
import { JsonReader } from "../../../src/connectors/json/reader.ts";
import { SharedBytes } from "../../../src/connectors/records/shared_bytes.ts";
import type { Schema } from "../../../src/connectors/topic.ts";
import { SKYONE } from "../../../src/models.ts";
import { buildSkyone } from "../../builders.ts";
import { mayRunPrograms } from "../../e2e/programs.ts";
import { fetchedRecords } from "../../fetched_records.ts";
import { functionsMade } from "../functions_made.ts";
import { jsonOf, limitsOfSchemas, randomSchema } from "./random_schemas.ts";

const encoder = new TextEncoder();
const bytes = (text: string) => encoder.encode(text);

/** A value with all that tells it from others, or the words in which it is refused. */
function outcome(decode: () => unknown): string {
  try {
    return Deno.inspect(decode(), { depth: 100, strAbbreviateSize: Infinity, iterableLimit: Infinity });
  } catch (error) {
    return `${error}`;
  }
}

/** Decodes values one after the other, and compares each with what comes of it alone. @returns how many were read by a shape */
function decodeAll(schema: Schema<unknown>, values: readonly Uint8Array[]): number {
  const reader = new JsonReader(schema);
  const decode = jsonDecoder(schema, { reader });
  let known = 0;
  for (const record of fetchedRecords(values)) {
    const { value, valueAt, valueLength } = record;
    if (reader.read(record.shared, valueAt, valueAt + valueLength) !== undefined) known++;
    assertEquals(
      outcome(() => decode(record)),
      outcome(() => decodeJson(value, schema)),
      new TextDecoder().decode(value!),
    );
  }
  return known;
}

const decodeTexts = (schema: Schema<unknown>, texts: readonly string[]) => decodeAll(schema, texts.map(bytes));

Deno.test("whatever the schema, values are read as zod checks what JSON.parse() makes of them, or refused in the same words", () => {
  let known = 0;
  let all = 0;
  fc.assert(
    fc.property(
      randomSchema.chain(({ schema, values }) =>
        fc.tuple(fc.constant(schema), fc.array(fc.tuple(values, fc.boolean()), { minLength: 2, maxLength: 12 }))
      ),
      ([schema, values]) => {
        const texts = values.map(([value, spaced]) => jsonOf(value, spaced));
        known += decodeTexts(schema, [...texts, ...texts]);
        all += 2 * texts.length;
      },
    ),
    { numRuns: 250, seed: 1 },
  );
  assert(known > all / 5, `${known} of ${all}`);
});

Deno.test("values at the limits of each kind of schema are read, or refused, as zod does", () => {
  let [known, all] = [0, 0];
  for (const { schema, texts } of limitsOfSchemas()) {
    known += decodeTexts(schema, texts);
    all += texts.length;
  }
  assert(known > all / 10, `${known} of ${all}`);
});

Deno.test("bytes that are damaged a little are read as JSON.parse() reads them, or refused in the same words", () => {
  const damage = fc.record({
    at: fc.nat(80),
    cut: fc.nat(3),
    insert: fc.constantFrom(
      [],
      [0x22],
      [0x5c],
      [0x0a],
      [0x30],
      [0x2d],
      [0x2e],
      [0x65],
      [0x2c],
      [0x7d],
      [0x20],
      [1],
      [0xc3],
      [0xff],
      [0x5b],
      [0xc3, 0xa9],
    ),
  });
  fc.assert(
    fc.property(
      randomSchema.chain(({ schema, values }) => fc.tuple(fc.constant(schema), values)),
      fc.array(damage, { maxLength: 20 }),
      ([schema, value], damages) => {
        const whole = bytes(jsonOf(value, false));
        const damaged = damages.map(({ at, cut, insert }) =>
          new Uint8Array([...whole.subarray(0, at), ...insert, ...whole.subarray(at + cut)])
        );
        decodeAll(schema, [whole, ...damaged, whole]);
      },
    ),
    { numRuns: 250, seed: 2 },
  );
});

Deno.test("numbers of all spellings are read as JSON.parse() reads them", () => {
  const numbers =
    ("0 -0 00 01 -01 1. .5 0.5 00.5 -0.0 1.50 1e5 1E-5 1e+400 -1e400 +1 - 1e 0x1 NaN 123456789012345 1234567890123456 " +
      '0.1 0.3 19.99 123456.789012345 0.000001 12345678901.23456 123456789012345678901234567890 true null "1" [1] {} 1a 1 2')
      .split(" ");
  for (const schema of [z.object({ n: z.number() }), z.object({ n: z.unknown() })]) {
    decodeTexts(schema, ['{"n":1}', ...numbers.map((number) => `{"n":${number}}`)]);
  }
});

for (
  const [what, first, second] of [
    ["the same name twice", '{"a":1,"a":2}', '{"a":3,"a":4}'],
    ["names that are numbers", '{"b":1,"2":2}', '{"b":3,"2":4}'],
    ["a name that means something in JavaScript", '{"__proto__":{"a":1}}', '{"__proto__":{"a":2}}'],
    ["an escaped name", '{"\\u0061":1}', '{"\\u0061":2}'],
    ["a name spelled in another way", '{"a":1}', '{"\\u0061":2}'],
    ["names that look like each other's UTF-8", '{"é":1}', '{"Ã©":1}'],
    ["another type", '{"a":1,"b":"x"}', '{"a":"1","b":2}'],
    ["a field more", '{"a":1}', '{"a":1,"b":2}'],
    ["a field less", '{"a":1,"b":2}', '{"a":1}'],
    ["fields in another order", '{"a":1,"b":2}', '{"b":1,"a":2}'],
    ["something behind it", '{"a":1}', '{"a":1}}'],
    ["brackets that do not match", '{"a":[1]}', '{"a":[1}'],
    ["very deep objects", '{"a":'.repeat(500) + "1" + "}".repeat(500), '{"a":1}'],
  ] as const
) {
  Deno.test(`values are read as JSON.parse() reads them: ${what}`, () => {
    for (const schema of [z.unknown(), z.object({ a: z.number() }), z.looseObject({})]) {
      decodeTexts(schema, [first, second, first, second]);
    }
  });
}

Deno.test("read() takes values like one that was learned, with a space behind each name or without", () => {
  const reader = new JsonReader(z.object({ a: z.string(), n: z.number() }));
  const run = new SharedBytes(bytes('?{"a":"x","n":1}?{"a": "a text that is longer than 32 characters", "n": -2.5}?'));
  assertEquals(reader.read(run, 1, 16), undefined);
  reader.learn(bytes('{"a": "y", "n": 0}'), { a: "y", n: 0 });

  assertEquals(reader.read(run, 1, 16), { a: "x", n: 1 });
  assertEquals(reader.read(run, 17, run.bytes.length - 1), { a: "a text that is longer than 32 characters", n: -2.5 });
  for (const end of [run.bytes.length, run.bytes.length - 2]) assertEquals(reader.read(run, 17, end), undefined);
});

Deno.test("read() takes text of all planes and escaped text", () => {
  const reader = new JsonReader(z.object({ a: z.string() }));
  reader.learn(bytes('{"a":""}'), { a: "" });
  for (const text of ['"Zürich → 東京 🛫"', '"\\u65e5\\n\\"\\\\"', '"\ufeff"']) {
    const json = bytes(`{"a":${text}}`);
    assertEquals(reader.read(new SharedBytes(json), 0, json.length), { a: JSON.parse(text) });
  }
});

Deno.test("read() takes values of several answers in turn, which lie in the middle of other bytes", () => {
  const reader = new JsonReader(z.object({ a: z.string(), at: z.iso.datetime({ local: true }) }));
  const valueOf = (i: number) => ({
    a: i % 2 === 0 ? `${i} short` : `${i} a text that is longer than 32 characters, and é`,
    at: `2026-10-19T12:34:${i + 10}.789`,
  });
  reader.learn(bytes(JSON.stringify(valueOf(0))), valueOf(0));
  const answers = Array.from({ length: 4 }, (_, i) => {
    const json = bytes(JSON.stringify(valueOf(i)));
    const around = new Uint8Array([...bytes("9".repeat(i + 1)), ...json, ...bytes("9")]);
    return new SharedBytes(around.subarray(i + 1, i + 1 + json.length));
  });
  for (const [i, answer] of [...answers.entries(), ...answers.entries()]) {
    assertEquals(reader.read(answer, 0, answer.bytes.length), valueOf(i));
  }
});

Deno.test("a part that no schema names must be JSON all the same", () => {
  const parts = [
    ...['"a"', '"\\q"', '"\\u12x4"', '"\\u00e9\\""', '"\u0001"', '"é 日 🛫"', '"open'],
    ...["[1, 2]", "[1,]", "[,1]", "[1 2]", "[]", "[ ]", "[[1]", "tru", "1.", "-", "NaN", "null"],
    ...['{"a":1}', '{"a" : 1 , "b":[ ]}', "{}", '{"a"}', '{"a":}', '{"a":1,}', "{a:1}", '{"a":1]', "{1:1}"],
    ...["[".repeat(100) + "]".repeat(100), "[".repeat(20) + "]".repeat(20)],
  ];
  const schema = z.object({ g: z.number() });
  const known = decodeTexts(schema, ['{"x":"a","g":1}', ...parts.map((part) => `{"x":${part},"g":1}`)]);
  assert(known > 10, `${known}`);
  const damaged = [[0xff], [0xc3], [0xc3, 0x28], [0xe0, 0x80, 0x80], [0xed, 0xa0, 0x80], [0xc3, 0xa9]];
  const values = damaged.map((text) => new Uint8Array([...bytes('{"x":"'), ...text, ...bytes('","g":1}')]));
  decodeAll(schema, [bytes('{"x":"a","g":1}'), ...values]);
});

Deno.test("a refinement that throws is not heard at bytes that are no JSON", () => {
  const strict = z.string().refine((text) => {
    if (text === "x") throw new Error("it is x");
    return true;
  });
  const schema = z.object({ a: strict, b: z.number() });
  const reader = new JsonReader(schema);
  reader.learn(bytes('{"a":"","b":1}'), { a: "", b: 1 });
  const json = bytes('{"a":"x","b":1}');
  assertEquals(reader.read(new SharedBytes(json), 0, json.length), undefined);
  decodeTexts(schema, ['{"a":"","b":1}', '{"a":"x","b":}', '{"a":"x","b":1}']);
});

Deno.test("a promise of a refinement is no answer", () => {
  const schema = z.object({ a: z.number() }).refine(() => Promise.resolve(true) as unknown as boolean);
  const reader = new JsonReader<unknown>(schema);
  const one = bytes('{"a":1}');
  reader.learn(one, { a: 1 });
  assertEquals(reader.read(new SharedBytes(one), 0, one.length), undefined);
  decodeTexts(schema, ['{"a":1}']);
});

Deno.test("a value that its schema refuses is never read by a shape", () => {
  const reader = new JsonReader(SKYONE.schema);
  const good = { ...buildSkyone() };
  reader.learn(bytes(JSON.stringify(good)), good);
  const read = (change: Record<string, unknown>) => {
    const json = bytes(JSON.stringify({ ...good, ...change }));
    return reader.read(new SharedBytes(json), 0, json.length);
  };
  assertEquals(read({}), good);
  assertEquals(read({ aircraft: "" }), { ...good, aircraft: "" });
  for (
    const change of [
      { email_address: "" },
      { confirmation: 7 },
      { ticket_price: "7" },
      { flight_departure_time: "2026-02-30T10:00:00" },
      { flight_arrival_time: "1970-01-01T00:00:00" },
    ]
  ) {
    assertEquals(read(change), undefined, JSON.stringify(change));
  }
});

Deno.test("a reader soon stops making shapes that fit nothing", () => {
  const schema = z.record(z.string(), z.unknown());
  const decode = jsonDecoder(schema, { reader: new JsonReader(schema) });
  const records = fetchedRecords(Array.from({ length: 3_000 }, (_, i) => bytes(`{"name${i}":${i},"there":true}`)));
  const made = functionsMade(() => records.forEach(decode));
  assert(made > 0 && made < 20, `${made}`);
});

Deno.test("a reader comes to know what its values look like later", () => {
  const reader = new JsonReader(z.object({ a: z.number().optional() }));
  const one = bytes('{"a":1}');
  for (let i = 0; i < 30; i++) reader.learn(bytes(`{"junk${i}":1}`), { [`junk${i}`]: 1 });
  assertEquals(reader.read(new SharedBytes(one), 0, one.length), undefined);
  for (let i = 0; i < 2_000; i++) reader.learn(one, { a: 1 });
  assertStrictEquals(reader.read(new SharedBytes(one), 0, one.length)?.a, 1);
});

Deno.test({
  name: "a string that is kept keeps nothing else of the bytes in memory",
  ignore: !mayRunPrograms(),
  fn: async () => {
    const reader = import.meta.resolve("../../../src/connectors/json/reader.ts");
    const sharedBytes = import.meta.resolve("../../../src/connectors/records/shared_bytes.ts");
    const program = `
      import { z } from "zod";
      import { JsonReader } from ${JSON.stringify(reader)};
      import { SharedBytes } from ${JSON.stringify(sharedBytes)};
      const reader = new JsonReader(z.object({ name: z.string(), more: z.string() }));
      const more = "a name that is longer than a few characters ";
      const valueOf = (i) => ({ name: "name number " + i, more: more + i, rest: "x".repeat(10_000) });
      const bytesOf = (i) => new TextEncoder().encode(JSON.stringify(valueOf(i)));
      reader.learn(bytesOf(0), valueOf(0));
      const kept = [];
      for (let i = 0; i < 2_000; i++) {
        const bytes = bytesOf(i);
        kept.push(reader.read(new SharedBytes(bytes), 0, bytes.length));
      }
      gc();
      const { heapUsed, external } = Deno.memoryUsage();
      console.log(kept.length, heapUsed + external);`;
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-check",
        "--allow-read",
        "--v8-flags=--expose-gc",
        `--config=${new URL("../../../deno.json", import.meta.url).pathname}`,
        `data:text/javascript,${encodeURIComponent(program)}`,
      ],
    }).output();
    const [kept, used] = new TextDecoder().decode(stdout).split(" ").map(Number);
    assertEquals(kept, 2_000, new TextDecoder().decode(stderr));
    // The values are 20 MB.
    assert(used! < 15e6, `${used} bytes`);
  },
});
