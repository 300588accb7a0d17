/** Letters as a person or a program reads them. */
import type { BrokerRecord } from "../../connectors/broker.ts";
import { decodeUtf8, formatCount } from "../../utils.ts";
import { headersJson } from "../topics/headers.ts";
import { bytesText, timeText } from "../topics/read.ts";
import { type Letter, letterOf, ownHeaders, type Resolution } from "./letters.ts";

const MESSAGE_CHARACTERS = 100;
const VALUE_CHARACTERS = 60;
const HEX_BYTES = 16;

/** One line a letter: id, time, operator, class, where it came from, message, begin of the value; with its fate, if asked. */
export function listText(letters: readonly Letter[], resolved: ReadonlyMap<number, Resolution>): string {
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
      cut(bytesText(begin), VALUE_CHARACTERS),
    ];
  });
  // What ends a line needs no width, what nobody has no column.
  const widths = [0, 1, 2, 3, 4, 5, 6].map((column) => Math.max(0, ...rows.map((row) => row[column]!.length)));
  return rows.map((row) => {
    const cells = row.map((cell, column) =>
      column === 0 ? cell.padStart(widths[0]!) : cell.padEnd(widths[column] ?? 0)
    );
    return `${cells.filter((_, column) => widths[column] !== 0).join("  ").trimEnd()}\n`;
  }).join("");
}

/** The same for programs, with the fate of each. */
export function listJson(letters: readonly Letter[], resolved: ReadonlyMap<number, Resolution>): string {
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

/** All about one letter. */
export function letterText(job: string, record: BrokerRecord, resolution: Resolution | undefined): string {
  const letter = letterOf(record)!;
  const { origin, replayed } = letter;
  const headers = ownHeaders(record.headers);
  const rows: [string, string][] = [
    ["id", `${letter.id}${resolution === undefined ? "" : `, ${resolution}`}`],
    ["job", `${job}, attempt ${letter.attempt}`],
    ["died", letter.time],
    ["operator", oneLine(letter.operator)],
    ["class", letter.errorClass],
    ["message", oneLine(letter.message)],
    ["from", originWords(letter)],
    ...(origin === undefined ? [] : [["timestamp", timeText(origin.timestampMs)] as [string, string]]),
    ...(replayed === undefined ? [] : [["before", replayedWords(replayed)] as [string, string]]),
    ["key", bytesText(record.key)],
    ...headers.map(([name, bytes]): [string, string] => ["header", `${oneLine(name)} = ${bytesText(bytes)}`]),
    ["value", record.value === null ? "<null>" : `${formatCount(record.value.length)} bytes`],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const text = rows.map(([name, words]) => `${name.padEnd(width)}  ${words}\n`).join("");
  return record.value === null || record.value.length === 0 ? text : `${text}\n${valueText(record.value)}`;
}

/** All about one letter, for programs. */
export function letterJson(record: BrokerRecord, resolved: ReadonlyMap<number, Resolution>): string {
  const letter = letterOf(record)!;
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

/** "skyone 3 @ 1204": topic, partition, offset; or what fired. */
export function originWords({ origin, firing }: Letter): string {
  return origin === undefined
    ? oneLine(firing ?? "no topic")
    : `${oneLine(origin.topic)} ${origin.partition} @ ${origin.offset}`;
}

/** What could not be decoded says where it lies, which has a column of its own. */
function withoutPlace(message: string, origin: Letter["origin"]): string {
  if (origin === undefined) return message;
  const { topic, partition, offset } = origin;
  const begin = `Cannot decode "${topic}" partition ${partition} offset ${offset}: `;
  return message.startsWith(begin) ? message.slice(begin.length) : message;
}

function replayedWords({ id, job, count }: { id: number; job: string; count: number }): string {
  return `replayed ${count === 1 ? "once" : `${count} times`}, last as letter ${id} of ${job}`;
}

function fateOf({ id }: Letter, resolved: ReadonlyMap<number, Resolution>): { resolved: Resolution | null } {
  return { resolved: resolved.get(id) ?? null };
}

/** @param length of the whole, if only its begin is at hand */
function jsonBytes(name: string, bytes: Uint8Array | null, length = bytes?.length ?? 0): Record<string, unknown> {
  if (bytes === null) return { [name]: null };
  // A cut may go through a character.
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

/** As text, with what a terminal would act on escaped; what is no text in hex. */
function valueText(value: Uint8Array): string {
  const text = decodeUtf8(value);
  if (text === undefined) return hexText(value);
  return `${text.split("\n").map((line) => oneLine(line)).join("\n").replace(/\n$/, "")}\n`;
}

/** "00000000  ff 00 01 …  |...|", as `hexdump -C`. */
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
  return text === "" ? "" : bytesText(encoder.encode(text));
}

function cut(text: string, characters: number): string {
  return text.length <= characters ? text : `${text.slice(0, characters - 1)}…`;
}
