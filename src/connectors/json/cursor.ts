/** Reads values of JSON in bytes of UTF-8. */
import { SharedBytes } from "../records/shared_bytes.ts";
import { MAX_SHORT, shortText, shortUnits } from "./short_text.ts";
import { bytesOf, codePointAt } from "./utf8.ts";

/** Of each byte, whether it is a character in ASCII that stands for itself between quotes. */
export const PLAIN: Uint8Array = new Uint8Array(256)
  .map((_, byte) => byte >= 0x20 && byte < 0x80 && byte !== 0x22 && byte !== 0x5c ? 1 : 0);

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [BRACKET, BRACE, BRACKET_END, BRACE_END] = [0x5b, 0x7b, 0x5d, 0x7d];
const NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;
/** What stands in a text in place of bytes that are not UTF-8. */
const REPLACEMENT = "\ufffd";

/** What a backslash may begin. */
const ESCAPE = /^\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/;
/** Deeper values are read in the usual way. */
const MAX_DEPTH = 30;

/** What cannot be read, or was refused. */
export const UNREAD = Symbol("unread");

/** A place in bytes of JSON, which moves on as values are read there. What it does not know it leaves, as {@link UNREAD}. */
export class Cursor {
  at = 0;
  /** Where the JSON ends. */
  end = 0;
  #shared = new SharedBytes(new Uint8Array(0));

  /** Reads in these bytes from now on. @param end where the JSON ends */
  use(shared: SharedBytes, end: number): void {
    this.#shared = shared;
    this.end = end;
  }

  /** The text of `length` bytes that are plain, a copy. */
  plainText(from: number, length: number): string {
    const shared = this.#shared;
    if (length <= MAX_SHORT) return shortText(shared.bytes, from, length);
    return shared.buffer.toString("latin1", from, from + length);
  }

  /** The text whose characters begin at `from`, with its quote behind them. */
  otherText(from: number): unknown {
    const { bytes } = this.#shared;
    let length = 0;
    for (let at = from; length < MAX_SHORT;) {
      if (bytes[at] === QUOTE) {
        this.at = at + 1;
        return shortUnits(UNITS, 0, length);
      }
      const code = codePointAt(bytes, at);
      if (!(code >= 0x20) || code === BACKSLASH || code > 0xffff) break;
      UNITS[length++] = code;
      at += bytesOf(code);
    }
    return this.#parse(from - 1, this.#behindText(from));
  }

  /** Any value. */
  any(): unknown {
    const { bytes } = this.#shared;
    const from = this.at;
    switch (bytes[from]) {
      case QUOTE: {
        let at = from + 1;
        while (PLAIN[bytes[at]!] === 1) at++;
        if (bytes[at] !== QUOTE) return this.otherText(from + 1);
        this.at = at + 1;
        return this.plainText(from + 1, at - from - 1);
      }
      case BRACKET:
        return this.#list();
      case BRACE:
        return this.#parse(from, this.#behind(from));
      default:
        return this.#word(from);
    }
  }

  /** Goes behind any value, which nobody needs. */
  pass(): unknown {
    const at = this.#behind(this.at);
    if (at < 0) return UNREAD;
    this.at = at;
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
    const { bytes } = this.#shared;
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

  #list(): unknown {
    const { bytes } = this.#shared;
    const values: unknown[] = [];
    do {
      this.at = behindSpace(bytes, this.at + 1);
      if (values.length === 0 && bytes[this.at] === BRACKET_END) break;
      // Lists in lists may be deep.
      const value = bytes[this.at] === BRACKET ? this.#parse(this.at, this.#behind(this.at)) : this.any();
      if (value === UNREAD) return UNREAD;
      values.push(value);
      this.at = behindSpace(bytes, this.at);
    } while (bytes[this.at] === COMMA);
    if (bytes[this.at] !== BRACKET_END) return UNREAD;
    this.at++;
    return values;
  }

  /** @returns the place behind the value that begins at `at`; below 0 if it is not JSON, or too deep */
  #behind(at: number, depth = 0): number {
    const { bytes } = this.#shared;
    const first = bytes[at];
    if (first === QUOTE) return this.#behindText(at + 1);
    if (first !== BRACKET && first !== BRACE) {
      this.at = at;
      return this.#word(at) === UNREAD ? -1 : this.at;
    }
    if (depth === MAX_DEPTH) return -1;
    const last = first === BRACE ? BRACE_END : BRACKET_END;
    let next = behindSpace(bytes, at + 1);
    if (bytes[next] === last) return next + 1;
    for (;;) {
      if (first === BRACE) {
        if (bytes[next] !== QUOTE) return -1;
        next = behindSpace(bytes, this.#behindText(next + 1));
        if (bytes[next] !== COLON) return -1;
        next = behindSpace(bytes, next + 1);
      }
      next = behindSpace(bytes, this.#behind(next, depth + 1));
      if (bytes[next] === last) return next + 1;
      if (bytes[next] !== COMMA) return -1;
      next = behindSpace(bytes, next + 1);
    }
  }

  /** @returns the place behind the quote that ends the text whose characters begin at `at`; below 0 if there is no such text */
  #behindText(at: number): number {
    const { bytes } = this.#shared;
    for (;;) {
      while (PLAIN[bytes[at]!] === 1) at++;
      const byte = bytes[at];
      if (byte === QUOTE) return at + 1;
      if (byte === BACKSLASH) {
        const escape = String.fromCharCode(...bytes.subarray(at, at + 6));
        if (!ESCAPE.test(escape)) return -1;
        at += escape[1] === "u" ? 6 : 2;
        continue;
      }
      const code = codePointAt(bytes, at);
      if (!(code >= 0x80) || at >= this.end) return -1;
      at += bytesOf(code);
    }
  }

  /** @param end below 0: there is no such part */
  #parse(from: number, end: number): unknown {
    if (end < 0) return UNREAD;
    this.at = end;
    const text = this.#shared.buffer.toString("utf8", from, end);
    if (text.includes(REPLACEMENT)) return UNREAD;
    try {
      return JSON.parse(text);
    } catch {
      return UNREAD;
    }
  }
}

function behindSpace(bytes: Uint8Array, from: number): number {
  let at = from;
  while (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09) at++;
  return at;
}

/** What may stand behind a number, true, false or null. */
function isEnd(byte: number): boolean {
  return byte === COMMA || byte === BRACE_END || byte === BRACKET_END || byte === 0x20 || byte === COLON;
}

/** Characters of the text at hand, until it is made. */
const UNITS = new Uint16Array(MAX_SHORT);
