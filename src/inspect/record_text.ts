/** Bytes and times of records as one line of text. */
import { decodeUtf8 } from "../utils.ts";

// Characters that would break a line or that a terminal acts on.
// deno-lint-ignore no-control-regex -- control characters are what is looked for
const CONTROL = /[\x00-\x1f\x7f-\x9f\u2028\u2029]/g;

/** Any bytes on one line: text with control characters escaped, or Base64 if they are not UTF-8. */
export function lineText(bytes: Uint8Array | null): string {
  if (bytes === null) return "<null>";
  if (bytes.length === 0) return "<empty>";
  const text = decodeUtf8(bytes);
  if (text === undefined) return `base64:${bytes.toBase64()}`;
  return text.replace(CONTROL, (character) => {
    const escaped = { "\n": "\\n", "\r": "\\r", "\t": "\\t" }[character];
    return escaped ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** ISO 8601, or the number if it is beyond the range of dates. */
export function timeText(timestampMs: number): string {
  const time = new Date(timestampMs);
  return Number.isNaN(time.getTime()) ? String(timestampMs) : time.toISOString();
}
