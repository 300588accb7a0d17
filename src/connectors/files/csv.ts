import { RecordError } from "../../engine/mod.ts";
import { checkValue } from "../json/codec.ts";
import { compiledSchema } from "../json/compiled_schema.ts";
import type { Schema } from "../topic.ts";
import { decodeText, endOfLine, type FileDecoder, type FileFormat, NEWLINE } from "./format.ts";

// A parser of our own: csv-parse, papaparse and @std/csv do not return the bytes of an invalid record and the byte where it
// begins, which a dead letter and a restart need; and behind a quote that is never closed they lose the rest of the file.

/** How a CSV file looks. */
export interface CsvOptions {
  /** Between fields: one ASCII character, neither a quote nor a line's end; default ",". */
  readonly separator?: string;
}

/** How a CSV file is read. */
export interface CsvReaderOptions<T> extends CsvOptions {
  /** Converts an object of texts to a value: `z.object({ price: z.coerce.number() })`. Left out: the object is the value. */
  readonly schema?: Schema<T>;
  /** Names the fields, in the order of the columns. Needed where the files have no header; default: the header's names. */
  readonly columns?: readonly string[];
  /** Whether the first row is a header; default: true, false with `columns`. With both the header's names do not count. */
  readonly header?: boolean;
}

const QUOTE = 0x22;
const CARRIAGE_RETURN = 0x0d;
/** In place of an index when no newline was found: a quote is still open, or all are closed. Both exceed every index. */
const OPEN = Number.POSITIVE_INFINITY;
const CLOSED = Number.MAX_SAFE_INTEGER;

/**
 * Comma-separated values by RFC 4180: each row becomes an object of texts, which a zod schema may convert. The first row names
 * the fields, or `columns` does. Lines end with `\n` or `\r\n`, or all with `\r` where the first one does; an empty line is not
 * a record.
 *
 * Each file has its own header, so later files may have other columns, or the same in another order: the names are those of the
 * row's own file, and a row that lacks a field of the schema becomes a dead letter. A column without a name is named by its
 * place, "column_3"; the second of two "price" is named "price_2".
 *
 * A first line "sep=;", as Excel writes it, is skipped if it names the separator, and refused if it names another one.
 *
 * Rows with too few or too many fields, and rows with quotes where the RFC does not allow them, become dead letters. If a quote
 * is never closed (before the file ends, or within `maxRecordBytes`), only its line becomes one: the next line is a row again.
 *
 * @see Flink: CsvReaderFormat
 */
export class CsvReaderFormat<T = Readonly<Record<string, string>>> implements FileFormat<T> {
  readonly name = "CSV";
  readonly #separator: string;
  readonly #schema: Schema<T> | undefined;
  readonly #columns: readonly string[] | undefined;
  readonly #header: boolean;

  /**
   * Rows as objects of texts, or as values of the schema.
   * @throws {RangeError | TypeError} if the separator or the columns are invalid
   */
  constructor({ separator = ",", schema, columns, header = columns === undefined }: CsvReaderOptions<T> = {}) {
    this.#separator = checkSeparator(separator);
    this.#schema = schema && compiledSchema(schema);
    this.#columns = columns === undefined ? undefined : checkColumns(columns);
    this.#header = header;
    if (!header && columns === undefined) {
      throw new TypeError("Cannot read CSV without a header as nothing names its fields: give columns");
    }
  }

  open(): FileDecoder<T> {
    return new CsvDecoder(this.#separator, this.#schema, this.#columns, this.#header);
  }
}

class CsvDecoder<T> implements FileDecoder<T> {
  readonly skipsEmpty = true;
  /** True: a restart reads the first line again to learn what ends the lines. */
  readonly learnsFromFirst = true;
  readonly header?: (bytes: Uint8Array) => string | undefined;
  readonly #separator: string;
  readonly #separatorByte: number;
  readonly #schema: Schema<T> | undefined;
  awaitsHeader = false;
  #names: readonly string[];
  #newline: number | undefined;

  constructor(
    separator: string,
    schema: Schema<T> | undefined,
    columns: readonly string[] | undefined,
    header: boolean,
  ) {
    this.#separator = separator;
    this.#separatorByte = separator.charCodeAt(0);
    this.#schema = schema;
    this.#names = columns ?? [];
    if (header) this.header = columns === undefined ? (bytes) => this.#readHeader(bytes) : () => undefined;
  }

  get newline(): number {
    return this.#newline ?? NEWLINE;
  }

  end(bytes: Uint8Array, start: number, last: boolean): number {
    this.#newline ??= this.#findNewline(bytes, start, last);
    if (this.#newline === undefined && !last) return -1;
    const line = endOfLine(bytes, start, last, this.newline);
    if (line < 0) return line;
    if (!bytes.subarray(start, line).includes(QUOTE)) return line;
    const end = this.#endWithQuotes(bytes, start);
    if (end <= bytes.length) return end;
    // All bytes were scanned: quotes are closed at the end, or they are not.
    if (!last) return -1;
    return end === CLOSED ? bytes.length : line;
  }

  decode(bytes: Uint8Array): T {
    const names = this.#names;
    const fields = parseRecord(textOf(bytes), this.#separator);
    if (fields.length !== names.length) {
      const expected = this.header === undefined ? `columns are ${names.length}` : `the header has ${names.length}`;
      throw new RecordError(`it has ${fields.length} fields, ${expected}`);
    }
    // Not by assignment: a field may be called "__proto__".
    const row = Object.fromEntries(fields.map((field, index) => [names[index]!, field]));
    return this.#schema === undefined ? row as T : checkValue(row, this.#schema);
  }

  /** @returns a warning for the operator, if the row may not be a header */
  #readHeader(bytes: Uint8Array): string | undefined {
    const row = textOf(bytes);
    // Excel's line with the separator stands before the header.
    this.awaitsHeader = !this.awaitsHeader && /^sep=.$/i.test(row);
    if (this.awaitsHeader) return this.#checkNamedSeparator(row.at(-1)!);
    const names = parseRecord(row, this.#separator);
    this.#names = distinct(names.map((name, index) => name.trim() === "" ? `column_${index + 1}` : name));
    const shown = `"${row.slice(0, 60)}"`;
    if (names.length === 1 && /[;\t|,]/.test(names[0]!)) {
      return `its header is one field, ${shown}; is it separated by something else than ${
        JSON.stringify(this.#separator)
      }?`;
    }
    if (!names.some((name) => name.trim() !== "" && Number.isFinite(Number(name)))) return undefined;
    return `its first row names the fields, and reads like data: ${shown}; ` +
      "if the file has no header, give CsvReaderFormat its columns";
  }

  #checkNamedSeparator(named: string): undefined {
    if (named === this.#separator) return;
    throw new RecordError(
      `it says that its fields are separated by ${JSON.stringify(named)}; give CsvReaderFormat that separator`,
    );
  }

  /** The byte that ends the first line outside of quotes; undefined if no line has ended yet. */
  #findNewline(bytes: Uint8Array, start: number, last: boolean): number | undefined {
    for (let i = start; i < bytes.length; i++) {
      if (bytes[i] === QUOTE) {
        i = bytes.indexOf(QUOTE, i + 1);
        while (i >= 0 && bytes[i + 1] === QUOTE) i = bytes.indexOf(QUOTE, i + 2);
        if (i < 0) return undefined;
      }
      while (i < bytes.length && bytes[i] !== this.#separatorByte) {
        if (bytes[i] === NEWLINE) return NEWLINE;
        if (bytes[i++] !== CARRIAGE_RETURN) continue;
        while (bytes[i] === CARRIAGE_RETURN) i++;
        if (i < bytes.length) return bytes[i] === NEWLINE ? NEWLINE : CARRIAGE_RETURN;
        return last ? CARRIAGE_RETURN : undefined;
      }
    }
    return undefined;
  }

  /** Scans bytes by the rules of {@link parseRecord}. @returns OPEN or CLOSED if there is no newline outside of quotes */
  #endWithQuotes(bytes: Uint8Array, start: number): number {
    const { newline } = this;
    for (let i = start; i < bytes.length; i++) {
      if (bytes[i] === QUOTE) {
        i = bytes.indexOf(QUOTE, i + 1);
        while (i >= 0 && bytes[i + 1] === QUOTE) i = bytes.indexOf(QUOTE, i + 2);
        if (i < 0) return OPEN;
      }
      while (i < bytes.length && bytes[i] !== this.#separatorByte && bytes[i] !== newline) i++;
      if (bytes[i] === newline) return i + 1;
    }
    return CLOSED;
  }
}

/** A row's text; some programs end lines with "\\r\\r\\n". */
function textOf(bytes: Uint8Array): string {
  let end = bytes.length;
  while (bytes[end - 1] === CARRIAGE_RETURN) end--;
  return decodeText(bytes.subarray(0, end));
}

/** Each name once: the second "price" becomes "price_2". */
function distinct(names: readonly string[]): string[] {
  const all = new Set(names);
  const given = new Set<string>();
  return names.map((name) => {
    let own = name;
    for (let count = 2; given.has(own); count++) {
      const numbered = `${name}_${count}`;
      if (!all.has(numbered)) own = numbered;
    }
    given.add(own);
    return own;
  });
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

/** @throws {RangeError} if it cannot separate fields */
export function checkSeparator(separator: string): string {
  if (separator.length === 1 && separator <= "\x7f" && !'"\r\n'.includes(separator)) return separator;
  throw new RangeError(
    "Cannot read or write CSV as separator must be one ASCII character, neither a quote nor a line's end: " +
      `current value is ${JSON.stringify(separator)}`,
  );
}

function checkColumns(columns: readonly string[]): readonly string[] {
  const good = Array.isArray(columns) && columns.length > 0 && new Set(columns).size === columns.length &&
    columns.every((name) => typeof name === "string" && name !== "");
  if (good) return [...columns];
  throw new TypeError(
    `Cannot read CSV as columns must be different names, at least one: current value is ${JSON.stringify(columns)}`,
  );
}
