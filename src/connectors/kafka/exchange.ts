/** What a request and its answer are, whichever codecs they have. */
import type { Buffer } from "node:buffer";

/** An encoded request body; `buffer` holds its bytes. */
export interface EncodedBody {
  readonly buffer: Uint8Array;
}

/** One request and how to read its answer. */
export interface Exchange {
  readonly request: {
    readonly apiKey: number;
    readonly apiVersion: number;
    readonly apiName: string;
    readonly encode: () => Promise<EncodedBody>;
  };
  readonly response: {
    readonly decode: (payload: Buffer) => Promise<unknown>;
    readonly parse: (decoded: unknown) => Promise<unknown>;
  };
}

/** The versions of each api that a broker supports, by api key. */
export type ApiVersions = Record<number, { readonly minVersion: number; readonly maxVersion: number }>;
