import { assertEquals } from "@std/assert";
import { bytesOf, codePointAt } from "../../../src/connectors/json/utf8.ts";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The character that the first of these bytes make, by the runtime's decoder; -1 if they make none. */
function decoded(bytes: Uint8Array): number {
  for (let length = 1; length <= bytes.length; length++) {
    try {
      const [character] = decoder.decode(bytes.subarray(0, length));
      return character!.codePointAt(0)!;
    } catch {
      // Too few bytes, or wrong ones.
    }
  }
  return -1;
}

Deno.test("codePointAt() finds the characters that a decoder finds, and no others", () => {
  const seconds = [0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0];
  const later = [0x7f, 0x80, 0xbf, 0xc0];
  let good = 0;
  for (let first = 0; first < 256; first++) {
    // Of ASCII nothing that follows matters.
    for (const second of first < 0x80 ? [0] : seconds) {
      for (const third of first < 0xe0 ? [0] : later) {
        for (const fourth of first < 0xf0 ? [0] : later) {
          const bytes = new Uint8Array([first, second, third, fourth]);
          const code = codePointAt(bytes, 0);
          if (code >= 0) {
            good++;
            // The decoder stops at as many bytes as the character is said to take.
            assertEquals(decoded(bytes.subarray(0, bytesOf(code))), code, `${bytes}`);
          } else assertEquals(decoded(bytes), -1, `${bytes}`);
        }
      }
    }
  }
  assertEquals(good > 500, true);
});

Deno.test("codePointAt() finds no character that the bytes end in", () => {
  for (const character of ["é", "日", "🛫"]) {
    const bytes = new TextEncoder().encode(character);
    for (let length = 1; length < bytes.length; length++) assertEquals(codePointAt(bytes.slice(0, length), 0), -1);
    assertEquals(codePointAt(bytes, 0), character.codePointAt(0));
  }
});
