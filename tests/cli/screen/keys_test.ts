import { assertEquals } from "@std/assert";
import { parseKeys } from "../../../src/cli/screen/keys.ts";

Deno.test("parseKeys() names keys that have no character, and keeps the others", () => {
  assertEquals(parseKeys("a\x1b[C\x1bOD\x1b[H\x1b[Z\tö \r"), [
    "a",
    "right",
    "left",
    "home",
    "back tab",
    "tab",
    "ö",
    " ",
    "enter",
  ]);
});

Deno.test("parseKeys() leaves out what it does not know, whole", () => {
  assertEquals(parseKeys("\x1b[1;5Cx\x1b[200~y\x01"), ["x", "y"]);
});

Deno.test("parseKeys() takes a lone escape as the key of that name", () => assertEquals(parseKeys("\x1b"), ["escape"]));
