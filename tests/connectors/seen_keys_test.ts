import { assertEquals } from "@std/assert";
import { hashOf, SeenKeys } from "../../src/connectors/embedded/seen_keys.ts";

Deno.test("SeenKeys takes each key in once, wherever it lies", () => {
  const seen = new SeenKeys();
  assertEquals(["abab", "xab"].map((text) => seen.add(text, text.length - 2, text.length)), [true, false]);
  assertEquals([seen.add("abab", 0, 2), seen.add("abab", 0, 4), seen.add("abab", 2, 2)], [false, true, true]);
  assertEquals([seen.add("", 0, 0), seen.add("😀", 0, 2), seen.add("a😀", 1, 3)], [false, true, false]);
});

Deno.test("SeenKeys holds any number of keys, and those of one hash apart", () => {
  const seen = new SeenKeys();
  const end = "e".repeat(40);
  const keys = Array.from({ length: 300 }, (_, i) => `${i}${end}`);
  // The end alone is hashed, so these share one.
  assertEquals(new Set(keys.map((key) => hashOf(key, 0, key.length))).size, 1);
  const others = Array.from({ length: 20_000 }, (_, i) => `other ${i}`);
  for (const isNew of [true, false]) {
    for (const key of [...keys, ...others]) assertEquals(seen.add(key, 0, key.length), isNew, key);
  }
});
