import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { JsonWriter } from "../../../src/connectors/json/writer.ts";
import { functionsMade } from "../functions_made.ts";

const text = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.constantFrom('"', "\\", "\n", "\ud83d", "\udeeb", "\ud83d\udeeb", "\u2028", "\u007f"),
);
const leaf = fc.oneof(text, fc.double(), fc.integer(), fc.boolean(), fc.constantFrom(null, undefined));
const flat = fc.record({ id: text, price: fc.double(), there: fc.boolean() });
const nested = fc.record({ a: flat, "b \"'c": fc.record({ d: text }) });
const anything = fc.oneof(
  flat,
  nested,
  fc.record({ id: leaf, price: leaf, there: leaf }, { requiredKeys: [] }),
  fc.dictionary(fc.oneof(text, fc.constantFrom("1", "__proto__", "toJSON")), leaf),
  fc.jsonValue(),
);

Deno.test("stringify() gives what JSON.stringify() gives, whatever came before", () => {
  fc.assert(
    fc.property(fc.array(anything, { minLength: 2, maxLength: 12 }), (some) => {
      const writer = new JsonWriter();
      for (const value of [...some, ...some]) assertStrictEquals(writer.stringify(value), JSON.stringify(value));
    }),
    { numRuns: 1_000, seed: 1 },
  );
});

class Point {
  constructor(readonly x: number) {}
  get double() {
    return this.x * 2;
  }
}

class Told {
  constructor(readonly x: number) {}
  toJSON() {
    return { told: this.x };
  }
}

for (
  const [what, first, second] of [
    ["an instance of a class", { x: 1 }, new Point(2)],
    ["an instance that tells its own JSON", { x: 1 }, new Told(2)],
    ["a field that tells its own JSON", { x: { y: 1 } }, {
      x: Object.assign(() => {}, { y: 1, toJSON: () => "told" }),
    }],
    ["a date", { x: { y: 1 } }, { x: new Date(0) }],
    ["a boxed string", { x: "a" }, { x: new String("b") }],
    ["an inherited field", { x: 1 }, Object.create({ x: 1 })],
    ["an inherited field more", { x: 1 }, Object.assign(Object.create({ y: 1 }), { x: 1 })],
    ["a hidden field", { x: 1, y: 2 }, Object.defineProperty({ x: 1 }, "y", { value: 2 })],
    ["a field without a value", { x: 1, y: 2 }, { x: 1, y: undefined }],
    ["a field more", { x: 1 }, { x: 1, y: 2 }],
    ["fields in another order", { x: 1, y: 2 }, { y: 1, x: 2 }],
    ["an array", { 0: "a" }, ["b"]],
    ["an array in place of an object without fields", { x: {} }, { x: [] }],
    ["no number", { x: 1 }, { x: NaN }],
    ["minus zero", { x: 1 }, { x: -0 }],
    ["an object without prototype", { x: 1 }, Object.assign(Object.create(null), { x: 2 })],
    ["a name that means something in JavaScript", JSON.parse('{"__proto__":1}'), JSON.parse('{"__proto__":2}')],
    ["an object in place of a string", { x: "a" }, { x: { length: 1 } }],
  ] as const
) {
  Deno.test(`stringify() gives what JSON.stringify() gives: ${what}`, () => {
    const writer = new JsonWriter();
    for (const value of [first, second, first, second]) {
      assertStrictEquals(writer.stringify(value), JSON.stringify(value));
    }
  });
}

Deno.test("a field is read once", () => {
  const writer = new JsonWriter();
  writer.stringify({ x: "a" });
  let reads = 0;
  const value = Object.defineProperty({}, "x", { enumerable: true, get: () => `${"a".repeat(++reads)}"` });

  assertEquals(JSON.parse(writer.stringify(value)), { x: 'aa"' });
});

Deno.test("a writer soon stops making shapes that fit nothing", () => {
  const writer = new JsonWriter();
  const made = functionsMade(() => {
    for (let i = 0; i < 3_000; i++) writer.stringify({ [`name${i}`]: i, there: true });
  });
  assert(made > 0 && made < 20, `${made}`);
});

/** How often JSON.stringify() is called meanwhile. */
function callsOfStringify(work: () => void): number {
  const original = JSON.stringify;
  let calls = 0;
  JSON.stringify = ((...args: Parameters<typeof original>) => {
    calls++;
    return original(...args);
  }) as typeof original;
  try {
    work();
  } finally {
    JSON.stringify = original;
  }
  return calls;
}

Deno.test("a writer needs JSON.stringify() no more for values like those before", () => {
  const writer = new JsonWriter();
  for (let i = 0; i < 30; i++) writer.stringify({ [`junk${i}`]: 1 });
  const values = Array.from({ length: 2_000 }, (_, n) => ({ id: `text ${n}`, n, inner: { there: true } }));
  for (const value of values) writer.stringify(value);

  assertEquals(callsOfStringify(() => values.forEach((value) => writer.stringify(value))), 0);
  assertEquals(callsOfStringify(() => writer.stringify({ ...values[0], id: "\n" })), 1);
});
