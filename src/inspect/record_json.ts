import type { BrokerRecord } from "../connectors/broker.ts";
import { decodeUtf8 } from "../utils.ts";
import { headersJson } from "./headers.ts";

/** Bytes as a page shows them: text, or Base64 of what is not UTF-8; null: there is none. */
export type BytesJson = { readonly text: string; readonly cut?: number } | {
  readonly base64: string;
  readonly cut?: number;
} | null;

/** A record as a page shows it. */
export interface RecordJson {
  readonly partition: number;
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: BytesJson;
  readonly value: BytesJson;
  readonly headers: ReturnType<typeof headersJson>;
  /** Of key and value, bytes. */
  readonly bytes: number;
}

/** Longer values are cut, bytes. */
const SHOWN_BYTES = 64 << 10;

/** A record with its bytes as text. */
export function recordJson(partition: number, record: BrokerRecord): RecordJson {
  const { offset, timestampMs, key, value, headers = [] } = record;
  return {
    partition,
    offset,
    timestampMs,
    key: bytesJson(key),
    value: bytesJson(value),
    headers: headersJson(headers),
    bytes: (key?.length ?? 0) + (value?.length ?? 0),
  };
}

function bytesJson(bytes: Uint8Array | null): BytesJson {
  if (bytes === null) return null;
  const isCut = bytes.length > SHOWN_BYTES;
  const shown = isCut ? bytes.subarray(0, SHOWN_BYTES) : bytes;
  const cut = isCut ? { cut: bytes.length - SHOWN_BYTES } : {};
  // The cut may go through a character.
  const text = decodeUtf8(shown) ?? (isCut ? decodeCut(shown) : undefined);
  return text === undefined ? { base64: shown.toBase64(), ...cut } : { text, ...cut };
}

function decodeCut(bytes: Uint8Array): string | undefined {
  for (let less = 1; less < 4; less++) {
    const text = decodeUtf8(bytes.subarray(0, bytes.length - less));
    if (text !== undefined) return text;
  }
  return undefined;
}
