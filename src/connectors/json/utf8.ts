/** Characters in bytes of UTF-8, one by one: for a few of them it is far faster than a call of the runtime. */

/** The character at `at`; below 0 if it is not good UTF-8. */
export function codePointAt(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  if (first < 0x80) return first;
  const second = bytes[at + 1]! ^ 0x80;
  // A byte that follows has six bits. Beyond the end there is undefined, which no comparison takes.
  if (!(second < 0x40) || first < 0xc2) return -1;
  if (first < 0xe0) return (first & 0x1f) << 6 | second;
  const third = bytes[at + 2]! ^ 0x80;
  if (!(third < 0x40)) return -1;
  if (first < 0xf0) {
    const code = (first & 0x0f) << 12 | second << 6 | third;
    return code < 0x800 || (code >= 0xd800 && code < 0xe000) ? -1 : code;
  }
  const fourth = bytes[at + 3]! ^ 0x80;
  const code = (first & 0x07) << 18 | second << 12 | third << 6 | fourth;
  return fourth < 0x40 && first < 0xf5 && code >= 0x10000 && code < 0x110000 ? code : -1;
}

/** How many bytes a character takes. */
export function bytesOf(code: number): number {
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}
