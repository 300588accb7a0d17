/** Writes the parts of JSON's values as bytes of UTF-8. Each returns where the bytes end, or one of the two below 0. */
import { isPlainJson } from "../../engine/internal.ts";
import { PLAIN } from "./cursor.ts";

/** It has to be written in another way. */
export const UNWRITTEN = -1;
/** It does not end before the end of the bytes. */
export const NO_ROOM = -2;

const [ZERO, QUOTE, COMMA, BRACKET, BRACKET_END] = [0x30, 0x22, 0x2c, 0x5b, 0x5d] as const;
/** Numbers below it are written digit by digit. */
const SMALL = 1e9;

const encoder = new TextEncoder();

/**
 * The characters of a text that all stand for themselves, without quotes.
 *
 * One by one: for texts of some characters it is far faster than a call of the runtime, such as `encodeInto()`.
 */
export function writePlain(bytes: Uint8Array, at: number, end: number, text: string): number {
  const { length } = text;
  if (length > end - at) return NO_ROOM;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0x80) return writeWide(bytes, at + i, end, text, i);
    if (PLAIN[code] !== 1) return UNWRITTEN;
    bytes[at + i] = code;
  }
  return at + length;
}

/** The characters from `from` on, not all of them ASCII. Pairs of surrogates are left to the runtime. */
function writeWide(bytes: Uint8Array, start: number, end: number, text: string, from: number): number {
  let at = start;
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (at + 3 > end) return NO_ROOM;
    if (code < 0x80) {
      if (PLAIN[code] !== 1) return UNWRITTEN;
      bytes[at++] = code;
    } else if (code < 0x800) {
      bytes[at++] = 0xc0 | code >> 6;
      bytes[at++] = 0x80 | code & 0x3f;
    } else {
      if (code >= 0xd800 && code < 0xe000) return UNWRITTEN;
      bytes[at++] = 0xe0 | code >> 12;
      bytes[at++] = 0x80 | code >> 6 & 0x3f;
      bytes[at++] = 0x80 | code & 0x3f;
    }
  }
  return at;
}

/** A finite number. */
export function writeNumber(bytes: Uint8Array, at: number, end: number, value: number): number {
  if (!Number.isInteger(value) || value < 0 || value >= SMALL) return writePlain(bytes, at, end, String(value));
  let digits = 1;
  for (let power = 10; power <= value; power *= 10) digits++;
  if (digits > end - at) return NO_ROOM;
  let rest = value;
  for (let i = at + digits - 1; i >= at; i--) {
    const tens = Math.floor(rest / 10);
    bytes[i] = ZERO + rest - tens * 10;
    rest = tens;
  }
  return at + digits;
}

/** Any value of which JSON keeps all. */
export function writeAny(bytes: Uint8Array, at: number, end: number, value: unknown): number {
  if (typeof value === "string") {
    if (at + 2 > end) return NO_ROOM;
    const next = writePlain(bytes, at + 1, end - 1, value);
    if (next === NO_ROOM) return NO_ROOM;
    if (next !== UNWRITTEN) {
      bytes[at] = QUOTE;
      bytes[next] = QUOTE;
      return next + 1;
    }
  } else if (isTexts(value)) {
    return writeTexts(bytes, at, end, value);
  }
  if (!isPlainJson(value)) return UNWRITTEN;
  const text = JSON.stringify(value);
  const { read, written } = encoder.encodeInto(text, bytes.subarray(at, end));
  return read < text.length ? NO_ROOM : at + written;
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string") && !("toJSON" in value);
}

function writeTexts(bytes: Uint8Array, start: number, end: number, texts: readonly string[]): number {
  let at = start;
  for (let i = 0; i < texts.length; i++) {
    if (at >= end) return NO_ROOM;
    bytes[at] = i === 0 ? BRACKET : COMMA;
    at = writeAny(bytes, at + 1, end, texts[i]);
    if (at < 0) return at;
  }
  if (at + 2 > end) return NO_ROOM;
  if (texts.length === 0) bytes[at++] = BRACKET;
  bytes[at++] = BRACKET_END;
  return at;
}

/** Any text behind a quote that stands there already, without the quote at its end. */
export function writeEscaped(bytes: Uint8Array, at: number, end: number, text: string): number {
  const next = writeAny(bytes, at - 1, end, text);
  return next < 0 ? next : next - 1;
}
