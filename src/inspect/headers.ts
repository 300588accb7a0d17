/** Headers as JSON: a list, since a name may occur more than once and their order counts. */
import type { RecordHeaders } from "../connectors/broker.ts";
import { decodeUtf8 } from "../utils.ts";

/** A header's value: text, other bytes, or null. */
type HeaderJson = string | { readonly base64: string } | null;

const encoder = new TextEncoder();

/** `[["trace", "1"], ["raw", {"base64": "/w=="}], ["none", null]]`, which {@link parseHeaders} takes. */
export function headersJson(headers: RecordHeaders): [name: string, value: HeaderJson][] {
  return headers.map(([name, bytes]) => [
    name,
    bytes === null ? null : decodeUtf8(bytes) ?? { base64: bytes.toBase64() },
  ]);
}

/** The headers from a list, or from an object if each name occurs once. @throws {SyntaxError} if it is neither */
export function parseHeaders(json: unknown): RecordHeaders {
  if (typeof json !== "object" || json === null) {
    throw new SyntaxError(`"headers" must be a list of [name, value], or an object: found ${show(json)}`);
  }
  const entries = Array.isArray(json) ? json : Object.entries(json);
  return entries.map((entry: unknown) => {
    if (!Array.isArray(entry) || entry.length !== 2 || typeof entry[0] !== "string") {
      throw new SyntaxError(`a header must be a list of its name and its value: found ${show(entry)}`);
    }
    return [entry[0], valueOf(entry[0], entry[1])];
  });
}

function valueOf(name: string, json: unknown): Uint8Array | null {
  if (json === null) return null;
  if (typeof json === "string") return encoder.encode(json);
  const { base64 } = json as { base64?: unknown };
  if (base64 !== undefined) return base64Bytes(`headers.${name}.base64`, base64);
  throw new SyntaxError(`header "${name}" must be a text, {"base64": "…"} or null, found ${show(json)}`);
}

/** @param name of the field that the text comes from. @throws {SyntaxError} if it is not Base64 */
export function base64Bytes(name: string, base64: unknown): Uint8Array {
  try {
    if (typeof base64 === "string") return Uint8Array.fromBase64(base64);
  } catch {
    // reported below
  }
  throw new SyntaxError(`"${name}" is not Base64: ${show(base64)}`);
}

/** A value as JSON, shortened. */
export function show(value: unknown): string {
  const json = JSON.stringify(value);
  return json.length > 60 ? `${json.slice(0, 60)}…` : json;
}
