import type { Broker, OutgoingRecord, Producer, TopicDescription } from "../../connectors/broker.ts";
import type { Logger } from "../../utils.ts";
import { decodeUtf8, formatCount, parseTime } from "../../utils.ts";
import { base64Bytes, parseHeaders, show } from "../../inspect/headers.ts";

const BATCH_RECORDS = 1000;

/** The help text of `topics write`. */
export const WRITE_HELP = `Sends each line of standard input as a record. A line is a JSON object with these fields:

  key          any text, or null (default: null)
  value        any text, or null
  keyBase64, valueBase64    instead of key and value: any bytes
  timestamp    epoch milliseconds or ISO 8601 (default: now)
  partition    a number (default: by the key, as Kafka's own clients do)
  headers      [["name", "text"], ["name", {"base64": "…"}], ["name", null]] in their order,
               or {"name": "text", …} where each name stands once

What "topics read --json" prints can be sent again; its offset is left out. A value may be any text, invalid JSON too:

  echo '{"key":"a","value":"<html>"}' | deno task topics write skyone`;

/** A line is not a record; nothing after it was sent. */
export class BadLineError extends Error {
  override name = "BadLineError";
  readonly code = "TOOL_FAILED";
}

/** What `writeTopic()` reads and what ends it. */
export interface WriteIo {
  readonly stdin: ReadableStream<Uint8Array>;
  readonly isStdinTerminal: boolean;
  readonly logger: Logger;
  /** ms since the Unix epoch */
  readonly now: () => number;
  readonly signal: AbortSignal;
}

/**
 * Sends the lines of standard input as records, until it ends or the signal is aborted, and logs how many were sent.
 * @throws {BadLineError} naming the line that is not a record; those before it have been sent
 */
export async function writeTopic(broker: Broker, topic: TopicDescription, io: WriteIo): Promise<void> {
  await broker.warnOfSettings?.([topic.name]);
  const producer = await broker.producer();
  let sent = 0;
  let empty = 0;
  try {
    if (io.isStdinTerminal) io.logger.info('One JSON object a line, such as {"key":"a","value":"b"}; Ctrl-D ends');
    let number = 0;
    for await (const lines of readLines(io.stdin, io.signal)) {
      const records: OutgoingRecord[] = [];
      let bad: unknown;
      for (const line of lines) {
        number++;
        try {
          const record = parseRecord(line, topic, io.now);
          if (record === undefined) empty++;
          else records.push(record);
        } catch (error) {
          bad = badLine(number, error);
          break;
        }
      }
      for (let i = 0; i < records.length; i += BATCH_RECORDS) {
        sent += await send(producer, records.slice(i, i + BATCH_RECORDS));
      }
      if (bad !== undefined) throw bad;
    }
  } finally {
    await producer.close();
    const skipped = empty === 0 ? "" : `; ${formatCount(empty)} line${empty === 1 ? " was" : "s were"} empty`;
    io.logger.info(`Sent ${formatCount(sent)} record${sent === 1 ? "" : "s"} to ${topic.name}${skipped}`);
  }
}

async function send(producer: Producer, records: readonly OutgoingRecord[]): Promise<number> {
  await producer.send(records);
  return records.length;
}

/** The lines of a stream without their ends, as many at a time as have arrived. */
async function* readLines(stream: ReadableStream<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array[]> {
  const reader = stream.getReader();
  const stop = () => void reader.cancel();
  signal.addEventListener("abort", stop);
  try {
    let begun: Uint8Array[] = []; // pieces of a line that has not ended
    while (!signal.aborted) {
      const { done, value: chunk } = await reader.read();
      if (done) break;
      const lines: Uint8Array[] = [];
      let start = 0;
      for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
        lines.push(concat([...begun, chunk.subarray(start, end)]));
        begun = [];
        start = end + 1;
      }
      if (start < chunk.length) begun.push(chunk.slice(start));
      if (lines.length > 0) yield lines;
    }
    // A line that Ctrl-C has cut off is not sent.
    if (begun.length > 0 && !signal.aborted) yield [concat(begun)];
  } finally {
    signal.removeEventListener("abort", stop);
    reader.releaseLock();
  }
}

const NEWLINE = 10;

function concat(pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length === 1) return pieces[0]!;
  const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

const FIELDS = ["key", "keyBase64", "value", "valueBase64", "timestamp", "partition", "headers", "offset"];

/** The record of a line; undefined for an empty line. @throws {SyntaxError} with what is wrong with it */
function parseRecord(line: Uint8Array, topic: TopicDescription, now: () => number): OutgoingRecord | undefined {
  const text = decodeUtf8(line)?.replace(/^\uFEFF/, "");
  if (text === undefined) throw new SyntaxError("it is not UTF-8; send such bytes as valueBase64 or keyBase64");
  if (text.trim() === "") return undefined;
  const fields = parseObject(text);
  const unknown = Object.keys(fields).find((name) => !FIELDS.includes(name));
  if (unknown !== undefined) throw new SyntaxError(`unknown field "${unknown}"; known are ${FIELDS.join(", ")}`);
  if (!("value" in fields) && !("valueBase64" in fields)) {
    throw new SyntaxError('"value" is missing, a text or null');
  }
  const { timestamp, partition, headers } = fields;
  return {
    topic: topic.name,
    key: bytesOf(fields, "key") ?? null,
    value: bytesOf(fields, "value") ?? null,
    timestampMs: timestamp === undefined ? now() : timestampOf(timestamp),
    ...(partition === undefined ? {} : { partition: partitionOf(partition, topic) }),
    ...(headers === undefined ? {} : { headers: parseHeaders(headers) }),
  };
}

function parseObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new SyntaxError(`it is not JSON, it starts with ${show(text.slice(0, 20))}`, { cause: error });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new SyntaxError(`it is not an object with key and value: ${show(value)}`);
  }
  return value as Record<string, unknown>;
}

function bytesOf(fields: Record<string, unknown>, name: "key" | "value"): Uint8Array | null | undefined {
  const base64Name = `${name}Base64`;
  const base64 = fields[base64Name];
  const text = fields[name];
  if (base64 !== undefined) {
    if (text !== undefined) throw new SyntaxError(`it has both "${name}" and "${base64Name}"`);
    return base64Bytes(base64Name, base64);
  }
  if (text === undefined || text === null) return text;
  if (typeof text !== "string") {
    throw new SyntaxError(
      `"${name}" must be a text or null, found ${show(text)}; put JSON into a text: ` +
        show(JSON.stringify(text)),
    );
  }
  return encoder.encode(text);
}

function timestampOf(timestamp: unknown): number {
  if (Number.isSafeInteger(timestamp) && timestamp as number >= 0) return timestamp as number;
  if (typeof timestamp === "string") return parseTime(timestamp);
  throw new SyntaxError(`"timestamp" must be epoch milliseconds or ISO 8601, found ${show(timestamp)}`);
}

function partitionOf(partition: unknown, topic: TopicDescription): number {
  const count = topic.endOffsets.length;
  if (Number.isInteger(partition) && partition as number >= 0 && partition as number < count) {
    return partition as number;
  }
  throw new SyntaxError(
    `"partition" must be one of the ${count} of "${topic.name}", counted from 0: found ${show(partition)}`,
  );
}

function badLine(number: number, error: unknown): unknown {
  if (!(error instanceof SyntaxError || error instanceof RangeError)) return error;
  return new BadLineError(`Line ${number} is refused, with all after it: ${error.message}`, { cause: error });
}

const encoder = new TextEncoder();
