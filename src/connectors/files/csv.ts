import { RecordError } from "../../engine/mod.ts";
import { checkValue } from "../json_codec.ts";
import type { Schema } from "../topic.ts";
import { decodeText, endOfLine, type FileDecoder, type FileFormat, NEWLINE } from "./format.ts";

// A parser of our own: the one of @std/csv does not say at which byte a record begins, which a restart needs; it gives up
// the rest of a stream at the first bad record; and it makes "\n" of a "\r\n" in quotes.

/** How a CSV file looks. */
export interface CsvOptions {
  /** Between fields: one ASCII character, neither a quote nor a line's end; default ",". */
  readonly separator?: string;
}

/** See {@link CsvReaderFormat}. */
export interface CsvReaderOptions<T> extends CsvOptions {
  /** Makes a value of an object of texts: `z.object({ price: z.coerce.number() })`. Left out: that object is the value. */
  readonly schema?: Schema<T>;
}

const QUOTE = 0x22;
/** Greater than every index. */
const OPEN = Number.POSITIVE_INFINITY;
const CLOSED = Number.MAX_SAFE_INTEGER;

/**
 * Comma-separated values as RFC 4180 has them: the first row names the fields, each other row becomes an object of texts,
 * which a zod schema may convert. Lines end with `\n` or `\r\n`; an empty line is no record.
 *
 * Bad records are rows with too few or too many fields, and quotes where the RFC allows none. Of a quote that is never closed
 * (until the file ends, or the longest record that the source takes) the first line alone is bad: the next is a row again.
 *
 * @see Flink: CsvReaderFormat
 */
export class CsvReaderFormat<T = Readonly<Record<string, string>>> implements FileFormat<T> {
  readonly name = "CSV";
  readonly #separator: string;
  readonly #schema: Schema<T> | undefined;

  /**
   * Rows as objects of texts, or as the schema makes them.
   * @throws {RangeError} if the separator can not be one
   */
  constructor({ separator = ",", schema }: CsvReaderOptions<T> = {}) {
    this.#separator = checkSeparator(separator);
    this.#schema = schema;
  }

  open(): FileDecoder<T> {
    return new CsvDecoder(this.#separator, this.#schema);
  }
}

class CsvDecoder<T> implements FileDecoder<T> {
  readonly skipsEmpty = true;
  readonly #separator: string;
  readonly #separatorByte: number;
  readonly #schema: Schema<T> | undefined;
  #names: readonly string[] = [];

  constructor(separator: string, schema: Schema<T> | undefined) {
    this.#separator = separator;
    this.#separatorByte = separator.charCodeAt(0);
    this.#schema = schema;
  }

  end(bytes: Uint8Array, start: number, last: boolean): number {
    const line = endOfLine(bytes, start, last);
    if (line < 0) return line;
    if (!bytes.subarray(start, line).includes(QUOTE)) return line;
    const end = this.#endWithQuotes(bytes, start);
    if (end <= bytes.length) return end;
    // All was gone through: quotes are closed at its end, or they are not.
    if (!last) return -1;
    return end === CLOSED ? bytes.length : line;
  }

  header(bytes: Uint8Array): void {
    const names = parseRecord(decodeText(bytes), this.#separator);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) throw new RecordError(`two fields are called "${twice}"`);
    this.#names = names;
  }

  decode(bytes: Uint8Array): T {
    const names = this.#names;
    const fields = parseRecord(decodeText(bytes), this.#separator);
    if (fields.length !== names.length) {
      throw new RecordError(`it has ${fields.length} fields, the header has ${names.length}`);
    }
    // Not by assignment: a field may be called "__proto__".
    const row = Object.fromEntries(fields.map((field, index) => [names[index]!, field]));
    return this.#schema === undefined ? row as T : checkValue(row, this.#schema);
  }

  /** The same walk as {@link parseRecord}, over bytes. @returns OPEN or CLOSED if there is no newline outside of quotes */
  #endWithQuotes(bytes: Uint8Array, start: number): number {
    for (let i = start; i < bytes.length; i++) {
      if (bytes[i] === QUOTE) {
        i = bytes.indexOf(QUOTE, i + 1);
        while (i >= 0 && bytes[i + 1] === QUOTE) i = bytes.indexOf(QUOTE, i + 2);
        if (i < 0) return OPEN;
      }
      while (i < bytes.length && bytes[i] !== this.#separatorByte && bytes[i] !== NEWLINE) i++;
      if (bytes[i] === NEWLINE) return i + 1;
    }
    return CLOSED;
  }
}

/** The fields of one record. */
function parseRecord(text: string, separator: string): string[] {
  const fields: string[] = [];
  for (let i = 0;;) {
    let end: number;
    if (text[i] === '"') {
      let close = text.indexOf('"', i + 1);
      while (close >= 0 && text[close + 1] === '"') close = text.indexOf('"', close + 2);
      if (close < 0) throw new RecordError("a quote is never closed");
      end = close + 1;
      if (end < text.length && text[end] !== separator) {
        throw new RecordError(`text follows a closed quote in field ${fields.length + 1}`);
      }
      fields.push(text.slice(i + 1, close).replaceAll('""', '"'));
    } else {
      const next = text.indexOf(separator, i);
      end = next < 0 ? text.length : next;
      const field = text.slice(i, end);
      if (field.includes('"')) throw new RecordError(`a quote stands inside of field ${fields.length + 1}`);
      fields.push(field);
    }
    if (end === text.length) return fields;
    i = end + 1;
  }
}

/** @throws {RangeError} if it can not be one */
export function checkSeparator(separator: string): string {
  if (separator.length === 1 && separator <= "\x7f" && !'"\r\n'.includes(separator)) return separator;
  throw new RangeError(
    "Cannot read or write CSV as separator must be one ASCII character, neither a quote nor a line's end: " +
      `current value is ${JSON.stringify(separator)}`,
  );
}
