/** Reads the parts of JSON's values in UTF-8 that have to be looked at one by one. */
import { Buffer } from "node:buffer";

/** Of each byte, whether it is a character in ASCII that stands for itself between quotes. */
export const PLAIN: Uint8Array = new Uint8Array(256)
  .map((_, byte) => byte >= 0x20 && byte < 0x80 && byte !== 0x22 && byte !== 0x5c ? 1 : 0);

/** A longer text costs less by a call of the runtime than by {@link shortText}. */
const SHORT_TEXT = 32;
const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [BRACKET, BRACE, BRACKET_END, BRACE_END] = [0x5b, 0x7b, 0x5d, 0x7d];
const NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;
/** What a decoder puts in place of bytes that are not UTF-8. */
const REPLACEMENT = "\ufffd";

// A byte order mark within a value is part of the text.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** What cannot be read, or was refused. */
export const UNREAD = Symbol("unread");

/** A place in bytes of JSON, which moves on as values are read there. What it does not know it leaves, as {@link UNREAD}. */
export class Cursor {
  at = 0;
  /** Where the JSON ends. */
  end = 0;
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(this.bytes.buffer);
  /** Made when a long text is to be read. */
  #buffer: Buffer | undefined;

  /** Reads in these bytes from now on. @param end where the JSON ends */
  use(bytes: Uint8Array, end: number): void {
    this.end = end;
    if (bytes === this.bytes) return;
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#buffer = undefined;
  }

  /** The text of `length` bytes that are plain, a copy. */
  plainText(from: number, length: number): string {
    const { bytes } = this;
    if (length <= SHORT_TEXT) return shortText(bytes, from, length);
    this.#buffer ??= Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return this.#buffer.toString("latin1", from, from + length);
  }

  /** The text whose characters begin at `from` and are plain up to `at`, where something else stands. */
  otherText(from: number): unknown {
    const { bytes } = this;
    let at = this.at;
    for (let byte = bytes[at]; byte !== QUOTE; byte = bytes[at]) {
      if (at >= this.end) return UNREAD;
      at += byte === BACKSLASH ? 2 : 1;
    }
    this.at = at + 1;
    return this.#parse(from - 1, this.at);
  }

  /** Any value. */
  any(): unknown {
    const from = this.at;
    const first = this.bytes[from];
    if (first === QUOTE) {
      this.at++;
      const { bytes } = this;
      while (PLAIN[bytes[this.at]!] === 1) this.at++;
      if (bytes[this.at] !== QUOTE) return this.otherText(from + 1);
      return this.plainText(from + 1, this.at++ - from - 1);
    }
    if (first === BRACKET || first === BRACE) return this.#nested();
    return this.#word(from);
  }

  /** Goes behind any value, which nobody needs. */
  pass(): unknown {
    const { bytes } = this;
    let at = this.at;
    if (bytes[at] !== QUOTE) return this.any();
    do at++; while (PLAIN[bytes[at]!] === 1);
    if (bytes[at] !== QUOTE) return this.any();
    this.at = at + 1;
    return undefined;
  }

  /** A number that is written in an unusual way and begins at `from`. */
  otherNumber(from: number): unknown {
    this.at = from;
    const value = this.#word(from);
    return typeof value === "number" ? value : UNREAD;
  }

  /** A number, true, false or null. */
  #word(from: number): unknown {
    const { bytes } = this;
    while (PLAIN[bytes[this.at]!] === 1 && !isEnd(bytes[this.at]!)) this.at++;
    const text = this.plainText(from, this.at - from);
    switch (text) {
      case "true":
        return true;
      case "false":
        return false;
      case "null":
        return null;
      default:
        return NUMBER.test(text) ? Number(text) : UNREAD;
    }
  }

  /** An array or object, up to the bracket that closes it: JSON.parse() sees whether it is right. */
  #nested(): unknown {
    const { bytes, end } = this;
    const from = this.at;
    let at = from;
    let depth = 0;
    do {
      if (at >= end) return UNREAD;
      const byte = bytes[at];
      if (byte === QUOTE) {
        for (at++; bytes[at] !== QUOTE; at++) {
          if (at >= end) return UNREAD;
          if (bytes[at] === BACKSLASH) at++;
        }
      } else if (byte === BRACKET || byte === BRACE) depth++;
      else if (byte === BRACKET_END || byte === BRACE_END) depth--;
      at++;
    } while (depth > 0);
    this.at = at;
    return this.#parse(from, at);
  }

  #parse(from: number, end: number): unknown {
    const text = decoder.decode(this.bytes.subarray(from, end));
    if (text.includes(REPLACEMENT)) return UNREAD;
    try {
      return JSON.parse(text);
    } catch {
      return UNREAD;
    }
  }
}

/** What may stand behind a number, true, false or null. */
function isEnd(byte: number): boolean {
  return byte === COMMA || byte === BRACE_END || byte === BRACKET_END || byte === 0x20 || byte === COLON;
}

/**
 * The text of so many bytes of ASCII, at most {@link SHORT_TEXT}.
 *
 * One call of `String.fromCharCode()` with as many arguments makes a text that keeps nothing else in memory, for a fraction of
 * what a decoder takes; a part of a larger text would keep all of that.
 */
const shortText = new Function(
  "bytes",
  "at",
  "length",
  `switch (length) {
    ${
    Array.from({ length: SHORT_TEXT + 1 }, (_, length) => {
      const codes = Array.from({ length }, (_, index) => `bytes[at + ${index}]`);
      return `case ${length}: return String.fromCharCode(${codes.join(", ")});`;
    }).join("\n")
  }
  }`,
) as (bytes: Uint8Array, at: number, length: number) => string;
