import { RecordError } from "../../engine/mod.ts";
import { jsonBytesDecoder } from "../json/codec.ts";
import { JsonReader } from "../json/reader.ts";
import type { Schema } from "../topic.ts";

/** The format of the records in a file. */
export interface FileFormat<T> {
  /** For messages: "JSON lines". */
  readonly name: string;
  /** Makes the decoder of one file, which begins at its first byte. */
  open(): FileDecoder<T>;
}

/** Finds and decodes the records of one file. */
export interface FileDecoder<T> {
  /** Whether empty lines are skipped, not records. */
  readonly skipsEmpty: boolean;
  /** The byte that ends its lines, 10 or 13, as far as it is known; left out: 10, with or without a 13 before it. */
  readonly newline?: number;
  /** Whether the first record determines how the others are read: then a restart behind it reads it again. */
  readonly learnsFromFirst?: boolean;
  /**
   * The end of the record that begins at `start`: the index behind its newline.
   * @param last whether no bytes follow: then the record ends with them, with or without a newline
   * @returns -1 if more bytes are needed to find it
   */
  end(bytes: Uint8Array, start: number, last: boolean): number;
  /**
   * Takes the first line, which is a header; left out: files have no header.
   * @returns a warning for the operator, as the end of a sentence that begins with the file
   * @throws {RecordError} if the file cannot be read with it
   */
  header?: (bytes: Uint8Array) => string | undefined;
  /** Whether the header is still to come: the line that `header()` got was not it. */
  readonly awaitsHeader?: boolean;
  /**
   * The value of a record.
   * @param bytes without the newline
   * @throws {RecordError} with what was found, as the end of a sentence
   */
  decode(bytes: Uint8Array): T;
}

export const NEWLINE = 0x0a;

/** Each line as it is, an empty one too: UTF-8 text that ends with `\n` or `\r\n`. */
export class TextLineInputFormat implements FileFormat<string> {
  readonly name = "lines of text";

  open(): FileDecoder<string> {
    return { skipsEmpty: false, end: endOfLine, decode: decodeText };
  }
}

/** A JSON value on each line, checked and typed by a zod schema. An empty line is not a record. */
export class JsonLinesFormat<T> implements FileFormat<T> {
  readonly name = "JSON lines";
  readonly #decode: (bytes: Uint8Array) => T;

  /** Values of `schema`: records that do not fit it become dead letters. */
  constructor(schema: Schema<T>) {
    this.#decode = jsonBytesDecoder(schema, new JsonReader(schema));
  }

  open(): FileDecoder<T> {
    return { skipsEmpty: true, end: endOfLine, decode: this.#decode };
  }
}

/** The end of the line that begins at `start`: the index behind its newline; -1 if more bytes are needed to find it. */
export function endOfLine(bytes: Uint8Array, start: number, last: boolean, newline = NEWLINE): number {
  const end = bytes.indexOf(newline, start);
  if (end >= 0) return end + 1;
  return last ? bytes.length : -1;
}

// U+FEFF is a byte order mark only at the start of a file, where it has been removed.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const strictDecoder = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });

/** @throws {RecordError} if it is not UTF-8 */
export function decodeText(bytes: Uint8Array): string {
  const text = decoder.decode(bytes);
  // The strict decoder is slower, so it only checks a text that looks damaged.
  if (text.includes("\ufffd")) {
    try {
      strictDecoder.decode(bytes);
    } catch {
      throw new RecordError("it is not UTF-8 text");
    }
  }
  return text;
}
