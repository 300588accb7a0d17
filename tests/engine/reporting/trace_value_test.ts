import { assertEquals, assertMatch } from "@std/assert";
import { bytesText, functionText, sourceText, traceValue } from "../../../src/engine/reporting/trace_value.ts";

Deno.test("traceValue() makes JSON of what JSON does not know, and cuts what is too large", () => {
  const circle: { self?: unknown } = {};
  circle.self = circle;
  assertEquals(
    traceValue({ big: 7n, none: undefined, not: NaN, at: new Date(0), map: new Map([["a", 1]]), set: new Set([1]) }),
    { big: "7n", none: "undefined", not: "NaN", at: "1970-01-01T00:00:00.000Z", map: { a: 1 }, set: [1] },
  );
  assertEquals(JSON.stringify(traceValue(circle)).endsWith('"…"' + "}".repeat(12)), true);
  assertEquals((traceValue(Array(102).fill(0)) as unknown[]).slice(99), [0, "… 2 more"]);
  assertEquals((traceValue("x".repeat(5_000)) as string).length, 4_001);
});

Deno.test("bytesText() and the texts of functions", () => {
  assertEquals([bytesText(new TextEncoder().encode("ü")), bytesText(new Uint8Array([0xff]))], ["ü", "base64:/w=="]);
  class Total {}
  function stillToLand(): void {}
  assertEquals([functionText(new Total()), functionText(stillToLand), functionText({})], [
    // A bundle may call them something else, and a parameter too.
    Total.name,
    stillToLand.name,
    undefined,
  ]);
  assertMatch(sourceText((n: number) => n > 5)!, /^\((\w+)\) => \1 > 5$/);
});
