import { API_KEYS } from "../api_keys.ts";
import { ByteReader, ByteWriter } from "../bytes.ts";
import type { Exchange } from "../exchange.ts";
import type { Apis } from "../protocol.ts";
import { readTags, writeNoTags } from "./flexible.ts";

/** The throttle time of an answer, under kafkajs' name of it: nothing is sent for that time, ms. */
export interface Throttled {
  readonly clientSideThrottleTime: number;
}

/** Encodes a request and decodes its answer. */
export interface Codec<Name extends keyof Apis = keyof Apis> {
  readonly api: Name;
  readonly minVersion: number;
  readonly maxVersion: number;
  /** Whether its versions are from before the flexible ones, whose headers and structures end with tags; default false. */
  readonly classic?: true;
  /** The feature that the cluster must have switched on, and its lowest level. */
  readonly feature?: { readonly name: string; readonly level: number };
  /** Appends the request's body. */
  encode(writer: ByteWriter, args: Apis[Name]["args"], apiVersion: number): void;
  /** Reads the answer's body. */
  decode(reader: ByteReader, apiVersion: number): Apis[Name]["answer"] & Throttled;
}

/** A request in the form that a connection sends. */
export function exchangeOf<Name extends keyof Apis>(
  codec: Codec<Name>,
  args: Apis[Name]["args"],
  apiVersion: number,
): Exchange {
  const { api, classic = false } = codec;
  return {
    request: {
      apiKey: API_KEYS[api],
      apiVersion,
      apiName: api,
      encode: () => {
        const writer = new ByteWriter();
        if (!classic) writeNoTags(writer); // they end the header; what comes before is alike in all versions
        codec.encode(writer, args, apiVersion);
        return Promise.resolve({ buffer: writer.written() });
      },
    },
    response: {
      decode: (payload) =>
        Promise.resolve().then(() => {
          const reader = new ByteReader(payload);
          // The header of this answer never changes, so that a broker can refuse a version that it does not know.
          if (!classic && api !== "ApiVersions") readTags(reader);
          return codec.decode(reader, apiVersion);
        }),
      parse: (decoded) => Promise.resolve(decoded),
    },
  };
}
