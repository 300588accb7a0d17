import { assertEquals } from "@std/assert";
import { count, formatCount, seconds } from "../../src/engine/words.ts";

Deno.test("count() has the plural for all but one, and thousands apart", () => {
  assertEquals([0, 1, 2, 1_204].map((n) => count(n, "record")), [
    "0 records",
    "1 record",
    "2 records",
    "1,204 records",
  ]);
  assertEquals(formatCount(1_000_000), "1,000,000");
});

Deno.test("seconds() rounds to whole seconds", () => {
  assertEquals([75_400, 1_500, 7_200_000].map(seconds), ["75 s", "2 s", "7,200 s"]);
});
