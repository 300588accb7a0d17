import { assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { keyId, keyIdOf } from "../../../src/engine/state/key.ts";

Deno.test("keyId() is different for different keys, also of different types", () => {
  const keys = [
    "1",
    1,
    "true",
    true,
    false,
    "false",
    null,
    "null",
    "",
    0,
    [],
    [1],
    ["1"],
    [[1]],
    [1, 2],
    ["1,2"],
    {},
    { a: 1 },
    { a: "1" },
    { a: 1, b: 2 },
    { a: { b: 2 } },
    { b: 1 },
    [null],
    [{}],
    -1,
    1.5,
    "[1]",
    '{"a":1}',
  ]; // deno-fmt-ignore

  assertEquals(new Set(keys.map(keyId)).size, keys.length);
});

Deno.test("keyId() is equal for equal keys, whatever the order of their fields", () => {
  assertEquals(keyId({ a: 1, b: { c: [1, 2], d: "x" } }), keyId({ b: { d: "x", c: [1, 2] }, a: 1 }));
  assertEquals(keyId([{ a: 1, b: 2 }]), keyId([{ b: 2, a: 1 }]));
  assertNotEquals(keyId([1, 2]), keyId([2, 1]));
});

Deno.test("keyId() takes 0 and -0 for one key, as their JSON is one", () => {
  assertEquals(new Map([[keyId(0), "x"]]).get(keyId(-0)), "x");
  assertEquals(keyId([0]), keyId([-0]));
});

Deno.test("keyId() keeps text that begins with NUL apart from structured keys", () => {
  const structured = keyId({ a: 1 }) as string;

  assertEquals(structured.charCodeAt(0), 0);
  assertNotEquals(keyId(structured), structured);
  assertNotEquals(keyId("\0null"), keyId(null));
  assertNotEquals(keyId("\0"), keyId(""));
  // Text that is what another text was moved to.
  assertNotEquals(keyId(keyId("\0a")), keyId("\0a"));
  assertEquals(keyId("a\0b"), "a\0b");
});

Deno.test("keyId() takes an object without a prototype for a plain one", () => {
  assertEquals(keyId(Object.assign(Object.create(null), { a: 1 })), keyId({ a: 1 }));
});

Deno.test("keyId() refuses what cannot be stored and read back, saying what it was given", () => {
  const refused: readonly (readonly [unknown, string])[] = [
    [undefined, "undefined undefined"],
    [Number.NaN, "number NaN"],
    [Number.POSITIVE_INFINITY, "number Infinity"],
    [10n, "bigint 10"],
    [Symbol("s"), "symbol Symbol(s)"],
    [new Date(0), "a Date"],
    [new Map(), "a Map"],
    [new Uint8Array(1), "a Uint8Array"],
    [{ a: undefined }, "an object that holds undefined undefined"],
    [{ a: [Number.NaN] }, "an object that holds number NaN"],
    [[() => 1], "an object that holds function"],
    [{ a: { at: new Date(0) } }, "a Date"],
  ];
  for (const [key, words] of refused) assertThrows(() => keyId(key), TypeError, `Cannot key a record by ${words}`);
  assertThrows(() => keyId(() => 1), TypeError, "Cannot key a record by function");
});

Deno.test("keyIdOf() gives the same ids, and names in its messages what is keyed", () => {
  for (const key of ["a", 1, true, null, { b: 1, a: [2] }]) assertEquals(keyIdOf("a map", key), keyId(key));
  for (const key of [undefined, new Date(0), { a: Number.NaN }, { a: { b: new Date(0) } }]) {
    assertThrows(() => keyIdOf("a map", key), TypeError, "Cannot key a map by ");
  }
});
