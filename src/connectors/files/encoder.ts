import { lossInJson } from "../../engine/internal.ts";
import { RecordError } from "../../engine/mod.ts";
import { checkSeparator, type CsvOptions } from "./csv.ts";

/** Writes values to a file, one line for each. */
export interface Encoder<T> {
  /** The suffix of the files' names: ".jsonl". */
  readonly suffix: string;
  /** The first line of each file, without its newline; left out: no header. */
  readonly header?: string;
  /** The value's line without its newline. If it throws, the record that the value came from has failed. */
  encode(value: T): string;
}

/** Compact JSON, one value on each line. */
export class JsonLinesEncoder implements Encoder<unknown> {
  readonly suffix = ".jsonl";

  /**
   * One line of JSON.
   * @throws {RecordError} if JSON does not keep the value
   */
  encode(value: unknown): string {
    return jsonOf(value, "a value");
  }
}

/** The text that a function makes of a value. A text with newlines becomes several lines. */
export class SimpleStringEncoder<T> implements Encoder<T> {
  readonly suffix = ".txt";
  readonly encode: (value: T) => string;

  /** Writes the text that `encode` makes of a value; left out: that of `String()`. */
  constructor(encode: (value: T) => string = String) {
    this.encode = encode;
  }
}

/**
 * Comma-separated values by RFC 4180, with a header. Texts, numbers and booleans are written as they are, `null` and `undefined`
 * as empty fields, all else as JSON.
 */
export class CsvEncoder<T> implements Encoder<T> {
  readonly suffix = ".csv";
  readonly header: string;
  readonly #columns: readonly (keyof T & string)[];
  readonly #separator: string;
  readonly #special: RegExp;

  /**
   * The columns of each line, and the separator between them.
   * @param columns fields in the order in which they are written
   * @throws {RangeError} if there are no columns, or one twice, or the separator is invalid
   */
  constructor(columns: readonly (keyof T & string)[], { separator = "," }: CsvOptions = {}) {
    if (columns.length === 0 || new Set(columns).size < columns.length) {
      throw new RangeError(
        `Cannot write CSV as columns must be at least one, none of them twice: current value is ${
          JSON.stringify(columns)
        }`,
      );
    }
    this.#separator = checkSeparator(separator);
    this.#special = new RegExp(`["\r\n\\u{${separator.charCodeAt(0).toString(16)}}]`, "u");
    this.#columns = [...columns];
    this.header = this.#line(columns);
  }

  encode(value: T): string {
    return this.#line(this.#columns.map((column) => textOf(value[column], column)));
  }

  #line(fields: readonly string[]): string {
    // A single empty field must not become an empty line, which is not a record.
    if (fields.length === 1 && fields[0] === "") return '""';
    return fields.map((field) => this.#special.test(field) ? `"${field.replaceAll('"', '""')}"` : field)
      .join(this.#separator);
  }
}

/** @throws {RecordError} if a reader could not get the value back from its text */
function textOf(value: unknown, column: string): string {
  switch (typeof value) {
    case "undefined":
      return "";
    case "object":
      return value === null ? "" : jsonOf(value, `column "${column}"`);
    case "function":
    case "symbol":
      throw new RecordError(`Cannot write column "${column}" to a file: it is a ${typeof value}`);
    default:
      return String(value);
  }
}

function jsonOf(value: unknown, what: string): string {
  const loss = lossInJson(value, "output");
  if (loss === undefined) return JSON.stringify(value);
  throw new RecordError(`Cannot write ${what} to a file: it holds ${loss}, which JSON does not keep`);
}
