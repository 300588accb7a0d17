import { RecordError } from "../../engine/mod.ts";
import { decodeJson } from "../json/codec.ts";
import { compiledSchema } from "../json/compiled_schema.ts";
import type { Schema } from "../topic.ts";

/** How records lie in a file. */
export interface FileFormat<T> {
  /** "JSON lines" */
  readonly name: string;
  /** For one file, from its first byte. */
  open(): FileDecoder<T>;
}

/** Finds and decodes the records of one file. */
export interface FileDecoder<T> {
  /** Whether a line with nothing on it is no record. */
  readonly skipsEmpty: boolean;
  /** The byte that ends its lines, 10 or 13, as far as it is known; left out: 10, with or without a 13 before it. */
  readonly newline?: number;
  /** Whether the first record tells how to read the others: then a restart behind it goes through it again. */
  readonly learnsFromFirst?: boolean;
  /**
   * Where the record ends that begins at `start`: the index behind its newline.
   * @param last whether no bytes follow: then there is an end in any case, with or without a newline
   * @returns -1 if more bytes are needed to tell
   */
  end(bytes: Uint8Array, start: number, last: boolean): number;
  /**
   * Takes the first record, which is none; left out: there is none.
   * @returns a warning for the operator, as the end of a sentence that begins with the file
   * @throws {RecordError} if the file cannot be read with it
   */
  header?: (bytes: Uint8Array) => string | undefined;
  /** Whether the header is still to come: what `header()` was given was something else. */
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

/** A JSON value on each line, checked and typed by a zod schema. An empty line is no record. */
export class JsonLinesFormat<T> implements FileFormat<T> {
  readonly name = "JSON lines";
  readonly #schema: Schema<T>;

  /** Values that do not fit the schema go to the dead letters. */
  constructor(schema: Schema<T>) {
    this.#schema = compiledSchema(schema);
  }

  open(): FileDecoder<T> {
    return { skipsEmpty: true, end: endOfLine, decode: (bytes) => decodeJson(bytes, this.#schema) };
  }
}

/** See {@link FileDecoder.end}. */
export function endOfLine(bytes: Uint8Array, start: number, last: boolean, newline = NEWLINE): number {
  const end = bytes.indexOf(newline, start);
  if (end >= 0) return end + 1;
  return last ? bytes.length : -1;
}

// U+FEFF is a mark only at the start of a file, where it has been taken off.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const strictDecoder = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });

/** @throws {RecordError} if it is not UTF-8 */
export function decodeText(bytes: Uint8Array): string {
  const text = decoder.decode(bytes);
  // The strict one takes three times as long.
  if (text.includes("\ufffd")) {
    try {
      strictDecoder.decode(bytes);
    } catch {
      throw new RecordError("it is not UTF-8 text");
    }
  }
  return text;
}
