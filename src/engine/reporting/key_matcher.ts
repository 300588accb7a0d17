import { bytesText } from "./trace_value.ts";

/** Texts that stand in JSON as they are, unless it is written with escapes. */
const PLAIN = /^[\w.@:+ -]+$/;
const BACKSLASH = 0x5c;

/**
 * Finds the records of a key as a person writes it: by the key's whole text, by JSON that is equal to it, or by the text of one of its
 * fields, so that `SKY1ABCDEF` finds `{"ref":"SKY1ABCDEF"}`.
 */
export function keyMatcher(key: string): (bytes: Uint8Array | null) => boolean {
  const asJson = parsed(key);
  const canonical = asJson === undefined ? undefined : JSON.stringify(asJson);
  const plain = asJson === undefined && PLAIN.test(key) ? new TextEncoder().encode(key) : undefined;
  return (bytes) => {
    if (bytes === null) return false;
    // Nearly all records end here, and cost no text.
    if (plain !== undefined && !mayHold(bytes, plain)) return false;
    const text = bytesText(bytes);
    if (text === key) return true;
    const value = parsed(text);
    if (value === undefined) return false;
    if (canonical !== undefined && JSON.stringify(value) === canonical) return true;
    if (typeof value === "object" && value !== null) return Object.values(value).some((field) => String(field) === key);
    return String(value) === key;
  };
}

/** Whether `part` stands in the bytes, or may stand there with escapes. */
function mayHold(bytes: Uint8Array, part: Uint8Array): boolean {
  const last = bytes.length - part.length;
  for (let at = bytes.indexOf(part[0]!); at >= 0 && at <= last; at = bytes.indexOf(part[0]!, at + 1)) {
    let i = 1;
    while (i < part.length && bytes[at + i] === part[i]) i++;
    if (i === part.length) return true;
  }
  return bytes.includes(BACKSLASH);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
