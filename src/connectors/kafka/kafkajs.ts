/**
 * What we use of kafkajs: its codecs for requests and answers, and the mechanisms of SASL. These are internal modules; the
 * version is pinned and has been the last one for years.
 *
 * Its clients (Consumer, Producer, Admin, Cluster) are not used. They retry without a limit of time, rewind at a rebalance,
 * hide which topic or partition an error code belongs to, and have no way to leave a commit in doubt alone. Nor is its
 * connection, which copies each request twice; see `wire.ts`.
 */
import type { Buffer } from "node:buffer";
import { lookup, requests } from "kafkajs/src/protocol/requests/index.js";
import type { ApiVersions, Exchange } from "./exchange.ts";

interface RequestDefinition {
  readonly versions: readonly string[];
  protocol(options: { version: number }): (args: unknown) => Exchange;
}

/** One step of a login: bytes for the broker and how to read its answer. */
export interface SaslStep {
  readonly request: { encode(): Promise<Buffer> };
  readonly response: {
    decode(authBytes: Buffer): Promise<unknown>;
    parse(decoded: unknown): Promise<unknown>;
  };
}

type SaslMechanism = (credentials: { readonly username: string; readonly password: string }) => (
  context: {
    readonly host: string;
    readonly port: number;
    readonly logger: Readonly<Record<"debug" | "info" | "warn" | "error", () => void>>;
    readonly saslAuthenticate: (step: SaslStep) => Promise<unknown>;
  },
) => { authenticate(): Promise<void> };

/** Loads a way to log in with a password; most programs need none. */
export async function loadMechanism(name: keyof typeof MECHANISMS): Promise<SaslMechanism> {
  const { default: mechanism } = await MECHANISMS[name]();
  return mechanism as unknown as SaslMechanism;
}

const MECHANISMS = {
  plain: () => import("kafkajs/src/broker/saslAuthenticator/plain.js"),
  "scram-sha-256": () => import("kafkajs/src/broker/saslAuthenticator/scram256.js"),
  "scram-sha-512": () => import("kafkajs/src/broker/saslAuthenticator/scram512.js"),
};

/** The requests that kafkajs can encode, by name. */
export const definitions = requests as Readonly<Record<string, RequestDefinition | undefined>>;

/** The newest version of an api that kafkajs and the broker both know. */
export const lookupIn = lookup as (
  versions: ApiVersions,
) => (apiKey: number, definition: RequestDefinition) => (args: unknown) => Exchange;
