import { assertEquals } from "@std/assert";
import { hashOf, SeenKeys } from "../../src/connectors/embedded/seen_keys.ts";

Deno.test("SeenKeys takes each key in once, wherever it lies", () => {
  const seen = new SeenKeys();
  assertEquals(["abab", "xab"].map((text) => seen.add("", text, text.length - 2, text.length)), [true, false]);
  assertEquals([seen.add("", "abab", 0, 2), seen.add("", "abab", 0, 4), seen.add("", "abab", 2, 2)], [
    false,
    true,
    true,
  ]);
  assertEquals([seen.add("", "", 0, 0), seen.add("", "😀", 0, 2), seen.add("", "a😀", 1, 3)], [false, true, false]);
});

Deno.test("SeenKeys holds any number of keys, and those of one hash apart", () => {
  const seen = new SeenKeys();
  const end = "e".repeat(40);
  const keys = Array.from({ length: 300 }, (_, i) => `${i}${end}`);
  // The end alone is hashed, so these share one.
  assertEquals(new Set(keys.map((key) => hashOf("", key, 0, key.length))).size, 1);
  const others = Array.from({ length: 20_000 }, (_, i) => `other ${i}`);
  for (const isNew of [true, false]) {
    for (const key of [...keys, ...others]) assertEquals(seen.add("", key, 0, key.length), isNew, key);
  }
});

Deno.test("SeenKeys knows a key again, however much of it is its head", () => {
  const key = `${"h".repeat(50)},${"k".repeat(50)}`;
  for (const first of [0, 1, 50, 51, 69, 70, 100, 101]) {
    const seen = new SeenKeys();
    assertEquals(seen.add(key.slice(0, first), key.slice(first), 0, key.length - first), true);
    for (const length of [0, 1, 51, 69, 70, 101]) {
      const [head, text] = [key.slice(0, length), `x${key.slice(length)}x`];
      assertEquals(seen.add(head, text, 1, text.length - 1), false, `${first} ${length}`);
      assertEquals(hashOf(head, text, 1, text.length - 1), hashOf("", key, 0, key.length));
    }
    assertEquals(seen.add(`i${key.slice(1, 51)}`, key, 51, key.length), true, "another head");
  }
});
