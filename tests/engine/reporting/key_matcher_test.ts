import { assertEquals } from "@std/assert";
import { keyMatcher } from "../../../src/engine/reporting/key_matcher.ts";

const encoder = new TextEncoder();

/** Whether a key finds each of some keys of records. */
function finds(key: string, ...texts: readonly (string | null)[]): boolean[] {
  const matches = keyMatcher(key);
  return texts.map((text) => matches(text === null ? null : encoder.encode(text)));
}

Deno.test("keyMatcher() finds a key by its text, equal JSON or the text of a field", () => {
  assertEquals(finds("SKY1A", "SKY1A", '"SKY1A"', '{"ref":"SKY1A"}', '{ "ref" : "SKY1A" }'), [true, true, true, true]);
  assertEquals(finds("SKY1A", "SKY1AB", '{"ref":"xSKY1A"}', '{"SKY1A":1}', "", null), [
    false,
    false,
    false,
    false,
    false,
  ]);
  assertEquals(finds('{"ref":"a"}', '{ "ref": "a" }', '{"ref":"b"}'), [true, false]);
  assertEquals(finds("7", '{"n":7}', "7.0", '{"n":70}'), [true, true, false]);
});

Deno.test("keyMatcher() finds keys that are written with escapes, as Python's json does", () => {
  assertEquals(finds("Zoë", '{"who":"Zo\\u00eb"}', '{"who":"Zoë"}'), [true, true]);
  assertEquals(finds("SKY1A", '{"ref":"\\u0053KY1A"}'), [true]);
});
