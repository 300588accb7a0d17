/** Dead letters as text for a person, and as JSON for programs. */
import type { BrokerRecord } from "../../connectors/broker.ts";
import { decodeUtf8, formatCount } from "../../utils.ts";
import { headersJson } from "../../inspect/headers.ts";
import { lineText, timeText } from "../../inspect/record_text.ts";
import { type DeadLetterInfo, deadLetterOf, ownHeaders, type Resolution } from "./dead_letters.ts";

const MESSAGE_CHARACTERS = 100;
const VALUE_CHARACTERS = 60;
const HEX_BYTES = 16;

/**
 * One line for each dead letter: id, time, operator, class, where it came from, message, beginning of the value; of one that is
 * no longer open also what was done with it.
 */
export function listText(letters: readonly DeadLetterInfo[], resolved: ReadonlyMap<number, Resolution>): string {
  const rows = letters.map((letter) => {
    const { id, time, operator, errorClass, message, origin, begin, replayed } = letter;
    const fate = resolved.get(id) ?? (replayed === undefined ? "" : `again (${replayed.count})`);
    return [
      String(id),
      time,
      fate,
      operator,
      errorClass,
      originWords(letter),
      cut(oneLine(withoutPlace(message, origin)), MESSAGE_CHARACTERS),
      cut(lineText(begin), VALUE_CHARACTERS),
    ];
  });
  // The last column needs no width, an empty one is left out.
  const widths = [0, 1, 2, 3, 4, 5, 6].map((column) => Math.max(0, ...rows.map((row) => row[column]!.length)));
  return rows.map((row) => {
    const cells = row.map((cell, column) =>
      column === 0 ? cell.padStart(widths[0]!) : cell.padEnd(widths[column] ?? 0)
    );
    return `${cells.filter((_, column) => widths[column] !== 0).join("  ").trimEnd()}\n`;
  }).join("");
}

/** Dead letters as JSON, one on each line, with what was done with each. */
export function listJson(letters: readonly DeadLetterInfo[], resolved: ReadonlyMap<number, Resolution>): string {
  return letters.map((letter) => {
    const { begin, ...rest } = letter;
    const line = {
      ...rest,
      origin: letter.origin ?? null,
      ...jsonBytes("value", begin, letter.bytes),
      ...fateOf(letter, resolved),
    };
    return `${JSON.stringify(line)}\n`;
  }).join("");
}

/** One dead letter with its headers and value. */
export function deadLetterText(job: string, record: BrokerRecord, resolution: Resolution | undefined): string {
  const letter = deadLetterOf(record)!;
  const { origin, replayed } = letter;
  const headers = ownHeaders(record.headers);
  const rows: [string, string][] = [
    ["id", `${letter.id}${resolution === undefined ? "" : `, ${resolution}`}`],
    ["job", `${job}, attempt ${letter.attempt}`],
    ["time", letter.time],
    ["operator", oneLine(letter.operator)],
    ["class", letter.errorClass],
    ["message", oneLine(letter.message)],
    ["from", originWords(letter)],
    ...(origin === undefined ? [] : [["timestamp", timeText(origin.timestampMs)] as [string, string]]),
    ...(replayed === undefined ? [] : [["before", replayedWords(replayed)] as [string, string]]),
    ["key", lineText(record.key)],
    ...headers.map(([name, bytes]): [string, string] => ["header", `${oneLine(name)} = ${lineText(bytes)}`]),
    ["value", record.value === null ? "<null>" : `${formatCount(record.value.length)} bytes`],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const text = rows.map(([name, words]) => `${name.padEnd(width)}  ${words}\n`).join("");
  return record.value === null || record.value.length === 0 ? text : `${text}\n${valueText(record.value)}`;
}

/** One dead letter with its headers and value, as JSON. */
export function deadLetterJson(record: BrokerRecord, resolved: ReadonlyMap<number, Resolution>): string {
  const letter = deadLetterOf(record)!;
  const { begin: _begin, ...rest } = letter;
  const line = {
    ...rest,
    origin: letter.origin ?? null,
    ...jsonBytes("key", record.key),
    ...jsonBytes("value", record.value),
    headers: headersJson(ownHeaders(record.headers)),
    ...fateOf(letter, resolved),
  };
  return `${JSON.stringify(line)}\n`;
}

/** "skyone 3 @ 1204": topic, partition, offset; or the window or timer that fired. */
export function originWords({ origin, firing }: DeadLetterInfo): string {
  return origin === undefined
    ? oneLine(firing ?? "no topic")
    : `${oneLine(origin.topic)} ${origin.partition} @ ${origin.offset}`;
}

/** The message of a record that could not be decoded, without its place, which has its own column. */
function withoutPlace(message: string, origin: DeadLetterInfo["origin"]): string {
  if (origin === undefined) return message;
  const { topic, partition, offset } = origin;
  const begin = `Cannot decode "${topic}" partition ${partition} offset ${offset}: `;
  return message.startsWith(begin) ? message.slice(begin.length) : message;
}

function replayedWords({ id, job, count }: { id: number; job: string; count: number }): string {
  return `replayed ${count === 1 ? "once" : `${count} times`}, last as dead letter ${id} of ${job}`;
}

function fateOf({ id }: DeadLetterInfo, resolved: ReadonlyMap<number, Resolution>): { resolved: Resolution | null } {
  return { resolved: resolved.get(id) ?? null };
}

/** @param length size of the whole value, if `bytes` is only its beginning */
function jsonBytes(name: string, bytes: Uint8Array | null, length = bytes?.length ?? 0): Record<string, unknown> {
  if (bytes === null) return { [name]: null };
  // The value may be cut within a character.
  const text = decodeUtf8(bytes) ?? (bytes.length < length ? decodeBegin(bytes) : undefined);
  return text === undefined ? { [`${name}Base64`]: bytes.toBase64() } : { [name]: text };
}

function decodeBegin(bytes: Uint8Array): string | undefined {
  for (let drop = 1; drop < 4; drop++) {
    const text = decodeUtf8(bytes.subarray(0, bytes.length - drop));
    if (text !== undefined) return text;
  }
  return undefined;
}

/** A value as text with control characters escaped, or in hex if it is not UTF-8. */
function valueText(value: Uint8Array): string {
  const text = decodeUtf8(value);
  if (text === undefined) return hexText(value);
  return `${text.split("\n").map((line) => oneLine(line)).join("\n").replace(/\n$/, "")}\n`;
}

/** "00000000  ff 00 01 …  |...|", in the form of `hexdump -C`. */
function hexText(value: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < value.length; at += HEX_BYTES) {
    const bytes = [...value.subarray(at, at + HEX_BYTES)];
    const hex = bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const text = bytes.map((byte) => byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".").join("");
    lines.push(`${at.toString(16).padStart(8, "0")}  ${hex.padEnd(HEX_BYTES * 3 - 1)}  |${text}|\n`);
  }
  return lines.join("");
}

const encoder = new TextEncoder();

function oneLine(text: string): string {
  return text === "" ? "" : lineText(encoder.encode(text));
}

function cut(text: string, characters: number): string {
  return text.length <= characters ? text : `${text.slice(0, characters - 1)}…`;
}
