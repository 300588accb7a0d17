import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { JsonReader } from "../../../src/connectors/json/reader.ts";
import { mayRunPrograms } from "../../e2e/programs.ts";
import { functionsMade } from "../functions_made.ts";

const encoder = new TextEncoder();

/** What comes out, names in their order and −0 told from 0; undefined if it is not JSON. */
function outcome(parse: () => unknown): string | undefined {
  try {
    return JSON.stringify(parse(), (_, value) => Object.is(value, -0) ? "minus 0" : value);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return undefined;
  }
}

function assertSame(reader: JsonReader, text: string): void {
  assertStrictEquals(outcome(() => reader.parse(text)), outcome(() => JSON.parse(text)), text);
}

/** As Python writes it. */
function spaced(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(spaced).join(", ")}]`;
  return `{${Object.entries(value).map(([name, part]) => `${JSON.stringify(name)}: ${spaced(part)}`).join(", ")}}`;
}

const text = fc.oneof(fc.string({ unit: "binary", maxLength: 30 }), fc.string({ maxLength: 30 }));
const leaf = fc.oneof(
  text,
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
);
const flat = fc.record({ id: text, price: fc.double({ noNaN: true, noDefaultInfinity: true }), there: fc.boolean() });
const nested = fc.record({ a: flat, 'b "c"': fc.record({ d: text }), e: fc.constant(null) });
const anything = fc.oneof(
  flat,
  nested,
  fc.dictionary(fc.oneof(text, fc.constantFrom("1", "__proto__", "a")), leaf),
  fc.jsonValue(),
);
const texts = fc.oneof(anything.map((value) => JSON.stringify(value)), anything.map(spaced));

Deno.test("parse() gives what JSON.parse() gives, whatever came before", () => {
  fc.assert(
    fc.property(fc.array(texts, { minLength: 2, maxLength: 12 }), (some) => {
      const reader = new JsonReader();
      for (const text of [...some, ...some]) assertSame(reader, text);
    }),
    { numRuns: 500, seed: 1 },
  );
});

Deno.test("parse() gives what JSON.parse() gives for text that is damaged a little", () => {
  const damage = fc.record({
    at: fc.nat(60),
    cut: fc.nat(3),
    insert: fc.constantFrom("", '"', "\\", "\n", "0", "-", "e", ",", "}", " ", "\u0001", "é"),
  });
  fc.assert(
    fc.property(nested, fc.array(damage, { maxLength: 30 }), (value, damages) => {
      const reader = new JsonReader();
      const whole = JSON.stringify(value);
      reader.parse(whole);
      for (const { at, cut, insert } of damages) {
        assertSame(reader, whole.slice(0, at) + insert + whole.slice(at + cut));
      }
    }),
    { numRuns: 500, seed: 2 },
  );
});

Deno.test("parse() gives what JSON.parse() gives for numbers of all spellings", () => {
  const reader = new JsonReader();
  reader.parse('{"n":1}');
  for (
    const number of "0 -0 00 01 -01 1. .5 1.50 1e5 1E-5 1e+400 -1e400 +1 - 1e 0x1 NaN 123456789012345678901234567890"
      .split(" ")
  ) {
    assertSame(reader, `{"n":${number}}`);
  }
});

for (
  const [what, first, second] of [
    ["the same name twice", '{"a":1,"a":2}', '{"a":3,"a":4}'],
    ["names that are numbers", '{"b":1,"2":2}', '{"b":3,"2":4}'],
    ["a name that means something in JavaScript", '{"__proto__":{"a":1}}', '{"__proto__":{"a":2}}'],
    ["names with characters that mean something in an expression", '{"a.b*":1}', '{"axb*":1}'],
    ["an escaped name", '{"\\u0061":1}', '{"\\u0061":2}'],
    ["a name spelled in another way", '{"a":1}', '{"\\u0061":2}'],
    ["another type", '{"a":1,"b":"x"}', '{"a":"1","b":2}'],
    ["a field more", '{"a":1}', '{"a":1,"b":2}'],
    ["a field less", '{"a":1,"b":2}', '{"a":1}'],
    ["fields in another order", '{"a":1,"b":2}', '{"b":1,"a":2}'],
    ["something behind it", '{"a":1}', '{"a":1}}'],
    ["very deep objects", '{"a":'.repeat(5_000) + "1" + "}".repeat(5_000), '{"a":1}'],
  ] as const
) {
  Deno.test(`parse() gives what JSON.parse() gives: ${what}`, () => {
    const reader = new JsonReader();
    for (const text of [first, second, first, second]) assertSame(reader, text);
  });
}

Deno.test("find() reads a part of a text that is like a text before", () => {
  const reader = new JsonReader();
  const run = '\u00ff{"a":"x","n":1}\u00ff{"a":"a longer text","n":-2.5}\u00ff';
  assertEquals(reader.find(run, 1, 16), undefined);
  reader.parse('{"a": "y", "n": 0}');

  assertEquals(reader.find(run, 1, 16), { a: "x", n: 1 });
  assertEquals(reader.find(run, 17, run.length - 1), { a: "a longer text", n: -2.5 });
  assertEquals(reader.find(run, 17, run.length), undefined);
});

Deno.test("find() gives what JSON.parse() gives for the bytes, or nothing", () => {
  let found = 0;
  fc.assert(
    fc.property(flat, fc.array(flat, { minLength: 1, maxLength: 5 }), (first, others) => {
      const reader = new JsonReader();
      reader.parse(JSON.stringify({ ...first, id: "plain" }));
      for (const other of others) {
        const text = JSON.stringify(other);
        const latin1 = String.fromCharCode(...encoder.encode(text));
        const value = reader.find(`xx${latin1}yy`, 2, 2 + latin1.length);
        if (value === undefined) continue;
        found++;
        assertStrictEquals(outcome(() => value), outcome(() => JSON.parse(text)));
      }
    }),
    { numRuns: 500, seed: 3 },
  );
  assert(found > 300, `${found}`);
});

// Names that look like each other's UTF-8, names that must be escaped, half a pair, and one that comes twice.
const names = fc.constantFrom(
  "a",
  "é",
  "Ã©",
  "Ã\u0083Â©",
  "日",
  "😀",
  "\ud83d",
  "\u00ff",
  "\u2028",
  'q"',
  "b\\",
  "\n",
  "__proto__",
);
const strangeFields = fc.array(fc.tuple(names, leaf), { minLength: 1, maxLength: 4 });
const strangeTexts = strangeFields.map((fields) =>
  `{${fields.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(",")}}`
);

Deno.test("names beyond ASCII are read as JSON.parse() reads them, as text and as bytes, whatever came before", () => {
  let found = 0;
  fc.assert(
    fc.property(fc.array(strangeTexts, { minLength: 1, maxLength: 6 }), (some) => {
      const reader = new JsonReader();
      for (const text of [...some, ...some]) {
        const latin1 = String.fromCharCode(...encoder.encode(text));
        const value = reader.find(`{${latin1}}`, 1, 1 + latin1.length);
        if (value !== undefined) {
          found++;
          assertStrictEquals(outcome(() => value), outcome(() => JSON.parse(text)), text);
        }
        assertSame(reader, text);
      }
    }),
    { numRuns: 2_000, seed: 4 },
  );
  assert(found > 300, `${found}`);
});

for (const [what, names] of [["was read", ["Ã©", "é"]], ["comes next", ["é", "Ã©"]]] as const) {
  Deno.test(`a field "é" keeps its name when a name that was encoded twice ${what}`, () => {
    const reader = new JsonReader();
    for (const name of names) {
      const text = JSON.stringify({ [name]: 1 });
      const bytes = String.fromCharCode(...encoder.encode(text));
      assertEquals(reader.find(bytes, 0, bytes.length) ?? reader.parse(text), { [name]: 1 });
      assertEquals(reader.find(bytes, 0, bytes.length), { [name]: 1 });
    }
  });
}

Deno.test("a reader soon stops making shapes that fit nothing", () => {
  const reader = new JsonReader();
  const made = functionsMade(() => {
    for (let i = 0; i < 3_000; i++) reader.parse(JSON.stringify({ [`name${i}`]: i, there: true }));
  });
  assert(made > 0 && made < 20, `${made}`);
});

Deno.test("a reader comes to know what its texts look like later", () => {
  const reader = new JsonReader();
  for (let i = 0; i < 30; i++) reader.parse(`{"junk${i}":1}`);
  assertEquals(reader.find('{"a":1}', 0, 7), undefined);
  for (let i = 0; i < 2_000; i++) reader.parse('{"a":1}');
  assertEquals(reader.find('{"a":1}', 0, 7), { a: 1 });
});

Deno.test({
  name: "a string that is kept keeps nothing else of the text in memory",
  ignore: !mayRunPrograms(),
  fn: async () => {
    const reader = import.meta.resolve("../../../src/connectors/json/reader.ts");
    const program = `
      import { JsonReader } from ${JSON.stringify(reader)};
      const reader = new JsonReader();
      const textOf = (i) => '{"name":"a name of some length ' + i + '","rest":"' + "x".repeat(10_000) + '"}';
      reader.parse(textOf(0));
      const kept = [];
      for (let i = 0; i < 2_000; i++) {
        const text = textOf(i);
        kept.push(reader.find(text, 0, text.length).name);
      }
      gc();
      console.log(kept.length, Deno.memoryUsage().heapUsed);`;
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-check",
        "--allow-read",
        "--v8-flags=--expose-gc",
        `data:text/javascript,${encodeURIComponent(program)}`,
      ],
    }).output();
    const [kept, heapUsed] = new TextDecoder().decode(stdout).split(" ").map(Number);
    assertEquals(kept, 2_000);
    // The texts are 20 MB.
    assert(heapUsed! < 12e6, `${heapUsed} bytes`);
  },
});
