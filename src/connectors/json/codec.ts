import { RecordError } from "../../engine/mod.ts";
import type { BrokerRecord } from "../broker.ts";
import { compiledSchema } from "./compiled_schema.ts";
import { checkIntegers } from "./exact_integers.ts";
import type { JsonReader } from "./reader.ts";
import { FetchedRecord } from "../records/fetched_record.ts";
import { SharedBytes } from "../records/shared_bytes.ts";
import type { Schema } from "../topic.ts";

// A fatal decoder is far slower: it is asked only about text that looks damaged.
const decoder = new TextDecoder();
const strictDecoder = new TextDecoder("utf-8", { fatal: true });
/** A message lists so many fields that do not fit. */
const MAX_ISSUES = 8;
/** What a decoder puts in place of bytes that are not UTF-8. */
const REPLACEMENT = "\ufffd";

/**
 * Bytes of JSON to a checked value.
 *
 * @throws {RecordError} with what was found, as the end of a sentence: "value is not JSON, it starts with "<html>""
 */
export function decodeJson<T>(bytes: Uint8Array | null, schema: Schema<T>): T {
  return bytes === null ? decodeTombstone(schema) : checkValue(parseJson(bytes), schema);
}

function parseJson(bytes: Uint8Array): unknown {
  if (bytes.length === 0) throw new RecordError("value is empty");
  const text = decodeText(bytes);
  try {
    return JSON.parse(text);
  } catch {
    throw new RecordError(`value is not JSON, it starts with ${JSON.stringify(excerpt(text))}`);
  }
}

/** A record without a value is a tombstone: a schema that takes null takes it. */
function decodeTombstone<T>(schema: Schema<T>): T {
  const result = schema.safeParse(null);
  if (!result.success) throw new RecordError("value is null");
  return result.data;
}

/** How a {@link jsonDecoder} reads. */
export interface JsonDecoderOptions<T> {
  /**
   * The partitions of a topic should share one: what it learns from the records of one serves all of them. It knows only a few
   * shapes at a time, so that decoders of topics with different records need one each.
   */
  readonly reader: JsonReader<T>;
  /** Refuses a record with an integer beyond 2^53 − 1. Default false: it is rounded, as by `JSON.parse()`. */
  readonly exactIntegers?: boolean | undefined;
}

/** @returns what decodes the values of records that come one after another, and is faster the more they are alike */
export function jsonDecoder<T>(
  schema: Schema<T>,
  { reader, exactIntegers = false }: JsonDecoderOptions<T>,
): (record: BrokerRecord) => T {
  const decodeBytes = jsonBytesDecoder(schema, reader);
  const decodeRecord = (record: BrokerRecord) => {
    const found = record instanceof FetchedRecord
      ? reader.read(record.shared, record.valueAt, record.valueAt + record.valueLength)
      : undefined;
    return found ?? decodeBytes(record.value);
  };
  if (!exactIntegers) return decodeRecord;
  return (record) => {
    checkIntegers(record);
    return decodeRecord(record);
  };
}

/** As {@link decodeJson}, for values that come one after another: it is faster the more they are alike. */
export function jsonBytesDecoder<T>(
  schema: Schema<T>,
  reader: JsonReader<T>,
): (bytes: Uint8Array | null) => T {
  const compiled = compiledSchema(schema);
  return (bytes) => {
    if (bytes === null) return decodeTombstone(compiled);
    const found = reader.read(new SharedBytes(bytes), 0, bytes.length);
    if (found !== undefined) return found;
    const json = parseJson(bytes);
    const value = checkValue(json, compiled);
    reader.learn(bytes, json);
    return value;
  };
}

/**
 * Bytes of UTF-8 to a text.
 *
 * @throws {RecordError} if they are null or not UTF-8, as the end of a sentence
 */
export function decodeText(bytes: Uint8Array | null): string {
  if (bytes === null) throw new RecordError("value is null");
  const text = decoder.decode(bytes);
  if (text.includes(REPLACEMENT)) checkUtf8(bytes);
  return text;
}

/**
 * @returns the value as its schema makes it
 * @throws {RecordError} with what does not fit, as the end of a sentence
 */
export function checkValue<T>(json: unknown, schema: Schema<T>): T {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const { issues } = result.error;
  const shown = issues.slice(0, MAX_ISSUES).map((issue) => describeIssue(issue, json)).join("; ");
  throw new RecordError(issues.length <= MAX_ISSUES ? shown : `${shown}; and ${issues.length - MAX_ISSUES} more`);
}

/** Throws unless it is UTF-8: a replacement character in the text may have been one in the bytes. */
function checkUtf8(bytes: Uint8Array): void {
  try {
    strictDecoder.decode(bytes);
  } catch {
    const start = [...bytes.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    throw new RecordError(`value is not UTF-8 text, it starts with the bytes ${start}`);
  }
}

function describeIssue({ path, message }: { path: PropertyKey[]; message: string }, json: unknown): string {
  const problem = message.replace(/^Invalid input: /, "");
  if (path.length === 0) return `value does not fit: ${problem}`;
  let found = json;
  for (const name of path) {
    const holds = typeof found === "object" && found !== null && Object.hasOwn(found, name);
    found = holds ? (found as Record<PropertyKey, unknown>)[name] : undefined;
  }
  const what = found === undefined ? "is missing" : `is ${excerpt(JSON.stringify(found))}`;
  return `field "${path.join(".")}" ${what}: ${problem}`;
}

function excerpt(text: string): string {
  return text.length <= 40 ? text : `${text.slice(0, 40)}…`;
}
