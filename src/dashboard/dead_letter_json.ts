/** Dead letters as the page gets them: plain text, whatever their bytes are. */
import {
  type DeadLetterInfo,
  deadLetterOf,
  type DeadLetterOrigin,
  ownHeaders,
  type Replayed,
  type Resolution,
} from "../cli/dead_letters/dead_letters.ts";
import type { BrokerRecord } from "../connectors/broker.ts";
import { decodeUtf8 } from "../utils.ts";
import { lineText } from "../inspect/record_text.ts";

/** Longer values are cut off, bytes. */
const VALUE_BYTES = 64 * 1024;
/** Of a value in a list, characters. */
const BEGIN_CHARACTERS = 120;

/** A dead letter in a list. */
export interface DeadLetterRow {
  /** Its offset in the job's dead-letter topic. */
  readonly id: number;
  /** ISO 8601 */
  readonly time: string;
  readonly operator: string;
  readonly errorClass: string;
  readonly message: string;
  readonly origin: DeadLetterOrigin | null;
  /** The window or timer that failed, where it was not a record. */
  readonly firing: string | null;
  /** The beginning of its value on one line. */
  readonly begin: string;
  /** Size of its value, bytes. */
  readonly size: number;
  readonly replayedBefore: Replayed | null;
  /** Null: it is open. */
  readonly resolved: Resolution | null;
}

/** A dead letter with all that it holds. */
export interface WholeDeadLetter extends DeadLetterRow {
  readonly attempt: string;
  readonly key: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly value: ShownBytes;
  /** Size of the value that failed, if only its beginning was kept, bytes. */
  readonly cutFrom: number | null;
}

/** Bytes for a person. */
export interface ShownBytes {
  readonly kind: "json" | "text" | "hex" | "null";
  readonly text: string;
  /** Whether there is more than is shown. */
  readonly isCut: boolean;
}

export function deadLetterRow(letter: DeadLetterInfo, resolved: ReadonlyMap<number, Resolution>): DeadLetterRow {
  const { id, time, operator, errorClass, message, origin, firing, begin, bytes, replayed } = letter;
  const text = lineText(begin);
  return {
    id,
    time,
    operator,
    errorClass,
    message,
    origin: origin ?? null,
    firing: firing ?? null,
    begin: text.length > BEGIN_CHARACTERS ? `${text.slice(0, BEGIN_CHARACTERS)}…` : text,
    size: bytes,
    replayedBefore: replayed ?? null,
    resolved: resolved.get(id) ?? null,
  };
}

/** Undefined if the record is no dead letter but a marker. */
export function wholeDeadLetter(
  record: BrokerRecord,
  resolved: ReadonlyMap<number, Resolution>,
): WholeDeadLetter | undefined {
  const letter = deadLetterOf(record);
  if (letter === undefined) return undefined;
  return {
    ...deadLetterRow(letter, resolved),
    attempt: letter.attempt,
    key: lineText(record.key),
    headers: ownHeaders(record.headers).map(([name, value]) => [name, lineText(value)]),
    value: shownBytes(record.value),
    cutFrom: letter.cutFrom ?? null,
  };
}

/** JSON is indented, other text as it is, other bytes in hex. */
function shownBytes(bytes: Uint8Array | null): ShownBytes {
  if (bytes === null) return { kind: "null", text: "", isCut: false };
  const isCut = bytes.length > VALUE_BYTES;
  const shown = isCut ? bytes.subarray(0, VALUE_BYTES) : bytes;
  const text = decodeUtf8(shown);
  if (text === undefined) return { kind: "hex", text: hexLines(shown), isCut };
  try {
    return { kind: "json", text: JSON.stringify(JSON.parse(text), null, 2), isCut };
  } catch {
    return { kind: "text", text, isCut };
  }
}

/** Sixteen bytes a line: the offset, the bytes in hex, and those that are ASCII as text. */
function hexLines(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const part = bytes.subarray(at, at + 16);
    const hex = [...part].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const text = [...part].map((byte) => byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".").join("");
    lines.push(`${at.toString(16).padStart(8, "0")}  ${hex.padEnd(47)}  ${text}`);
  }
  return lines.join("\n");
}
