import { assertEquals, assertThrows } from "@std/assert";
import { valueText } from "../../../src/engine/state/value_text.ts";

const STATE = { uid: "counter", name: "total" };

Deno.test("valueText() is JSON of what reads back as it was", () => {
  const values = [0, -1.5, "", "null", "{}", true, false, null, [], {}, [null, [{}]], { a: { b: [1, "x", null] } }];
  for (const value of values) assertEquals(JSON.parse(valueText(value, STATE)), value);
  assertEquals(valueText({ a: 1, b: undefined }, STATE), '{"a":1}');
  assertEquals(valueText(Object.assign(Object.create(null), { a: 1 }), STATE), '{"a":1}');
});

Deno.test("valueText() takes an object of a class by its fields", () => {
  class Point {
    constructor(readonly x: number, readonly y: number) {}
  }
  assertEquals(valueText(new Point(1, 2), STATE), '{"x":1,"y":2}');
});

Deno.test("valueText() refuses what JSON would change or has no text for, naming state, operator and place", () => {
  const refused: readonly (readonly [unknown, string])[] = [
    [Number.NaN, "it holds NaN, which"],
    [Number.POSITIVE_INFINITY, "it holds Infinity, which"],
    [{ sum: Number.NEGATIVE_INFINITY }, "it holds -Infinity in .sum, which"],
    [{ a: [1, { b: Number.NaN }] }, "it holds NaN in .a[1].b, which"],
    [[1, undefined], "it holds undefined in [1], which"],
    // deno-lint-ignore no-sparse-arrays
    [[, 1], "it holds undefined in [0], which"],
    [() => 1, "it holds a function, which"],
    [{ f: () => 1 }, "it holds a function in .f, which"],
    [Symbol("s"), "it holds a symbol, which"],
    [new Date(0), "it holds a Date, which"],
    [{ at: new Date(0) }, "it holds a Date in .at, which"],
    [new Map([[1, 2]]), "it holds a Map, which"],
    [{ seen: new Set([1]) }, "it holds a Set in .seen, which"],
    [10n, "it holds a bigint, which"],
    [{ n: 10n }, "it holds a bigint in .n, which"],
  ];
  for (const [value, words] of refused) {
    const error = assertThrows(() => valueText(value, STATE), TypeError, words);
    assertEquals(error.message.startsWith('Cannot store state "total" of "counter": '), true, error.message);
  }
});

Deno.test("valueText() refuses a cycle, naming where it closes", () => {
  const cycle: { inner: { self?: unknown } } = { inner: {} };
  cycle.inner.self = cycle;

  assertThrows(
    () => valueText(cycle, STATE),
    TypeError,
    'Cannot store state "total" of "counter": it holds a cycle in .inner.self, which JSON does not keep',
  );
});
