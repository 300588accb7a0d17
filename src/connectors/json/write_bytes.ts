/** Writes the parts of JSON's values as bytes of UTF-8. Each returns where the bytes end, or one of the two below 0. */
import { isPlainJson } from "../../engine/internal.ts";
import { PLAIN } from "./cursor.ts";

/** It has to be written in another way. */
export const UNWRITTEN = -1;
/** It does not end before the end of the bytes. */
export const NO_ROOM = -2;

const ZERO = 0x30;
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
    // Beyond the table it is undefined.
    if (PLAIN[code] !== 1) return UNWRITTEN;
    bytes[at + i] = code;
  }
  return at + length;
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
  if (!isPlainJson(value)) return UNWRITTEN;
  const text = JSON.stringify(value);
  const { read, written } = encoder.encodeInto(text, bytes.subarray(at, end));
  return read < text.length ? NO_ROOM : at + written;
}

/** Any text behind a quote that stands there already, without the quote at its end. */
export function writeEscaped(bytes: Uint8Array, at: number, end: number, text: string): number {
  const next = writeAny(bytes, at - 1, end, text);
  return next < 0 ? next : next - 1;
}
