/**
 * What we use of kafkajs: its connection (framing, TLS, throttling), its codecs for requests and answers, and the mechanisms
 * of SASL. These are internal modules; the version is pinned and has been the last one for years.
 *
 * Its clients (Consumer, Producer, Admin, Cluster) are not used. They retry without a limit of time, rewind at a rebalance,
 * hide which topic or partition an error code belongs to, and have no way to leave a commit in doubt alone.
 */
import type { Buffer } from "node:buffer";
import plain from "kafkajs/src/broker/saslAuthenticator/plain.js";
import scram256 from "kafkajs/src/broker/saslAuthenticator/scram256.js";
import scram512 from "kafkajs/src/broker/saslAuthenticator/scram512.js";
import InnerConnection from "kafkajs/src/network/connection.js";
import createSocketFactory from "kafkajs/src/network/socketFactory.js";
import { errorCodes } from "kafkajs/src/protocol/error.js";
import keys from "kafkajs/src/protocol/requests/apiKeys.js";
import { lookup, requests } from "kafkajs/src/protocol/requests/index.js";
import { MemberAssignment, MemberMetadata } from "kafkajs/src/consumer/assignerProtocol.js";

/** The part of a TCP or TLS socket that we touch. */
export interface Socket {
  on(event: "close" | "end", listener: () => void): void;
  on(event: "error", listener: (error: Error) => void): void;
  setNoDelay(on: boolean): void;
  destroy(error?: Error): void;
}

/** Makes a socket, for TLS if there is `ssl`; `onConnect` is called when it is connected. */
export type SocketFactory = (
  options: { host: string; port: number; ssl: unknown; onConnect: () => void },
) => Socket;

/** An encoded request body; `buffer` holds its bytes. */
export interface EncodedBody {
  readonly buf: Buffer;
  readonly buffer: Buffer;
}

/** One request and how to read its answer. */
export interface Exchange {
  readonly request: {
    readonly apiKey: number;
    readonly apiVersion: number;
    readonly apiName: string;
    readonly encode: () => Promise<EncodedBody>;
    readonly expectResponse?: () => boolean;
  };
  readonly response: {
    readonly decode: (payload: Uint8Array) => Promise<unknown>;
    readonly parse: (decoded: unknown) => Promise<unknown>;
  };
  readonly logResponseError?: boolean;
}

/** The versions of each api that a broker supports, by api key. */
export type ApiVersions = Record<number, { readonly minVersion: number; readonly maxVersion: number }>;

/** Logs kafkajs' messages, which are not meant for users. */
export interface WireLogger {
  namespace(): WireLogger;
  debug(message: string, extra?: unknown): void;
  info(message: string, extra?: unknown): void;
  warn(message: string, extra?: unknown): void;
  error(message: string, extra?: unknown): void;
}

/** kafkajs' connection to one broker. */
export interface WireConnection {
  connect(): Promise<true>;
  send(exchange: Exchange): Promise<unknown>;
  rejectRequests(error: Error): void;
  readonly requestQueue: RequestQueue;
}

interface RequestQueue {
  readonly pending: readonly unknown[];
  readonly inflight: { readonly size: number };
  readonly maxInFlightRequests: number | null;
  maybeThrottle(ms: number | null): void;
  canSendSocketRequestImmediately(): boolean;
  throttleCheckTimeoutId: ReturnType<typeof setTimeout> | null;
  scheduleCheckPendingRequests(): void;
  checkPendingRequests(): void;
}

interface ConnectionOptions {
  readonly host: string;
  readonly port: number;
  readonly clientId: string;
  readonly connectionTimeout: number;
  readonly logger: WireLogger;
  readonly socketFactory: SocketFactory;
}

interface RequestDefinition {
  readonly versions: readonly string[];
  protocol(options: { version: number }): (args: unknown) => Exchange;
}

/** Creates a connection, not connected yet. */
export function createConnection(options: ConnectionOptions): WireConnection {
  const Constructor = InnerConnection as new (options: unknown) => WireConnection;
  // Its check for requests without an answer would wake us ten times a second; connection.ts keeps the time itself.
  const connection = new Constructor({ ...options, requestTimeout: 0, enforceRequestTimeout: false });
  const queue = connection.requestQueue;
  // As in kafkajs, but by a monotonic clock: if the system's clock is set back an hour, kafkajs sends nothing for an hour.
  let throttledUntilMs = 0;
  queue.maybeThrottle = (ms) => {
    if (ms !== null && ms > 0) throttledUntilMs = Math.max(throttledUntilMs, performance.now() + ms);
  };
  queue.canSendSocketRequestImmediately = () =>
    throttledUntilMs <= performance.now() &&
    (queue.maxInFlightRequests === null || queue.inflight.size < queue.maxInFlightRequests);
  // As in kafkajs, but only while requests wait: kafkajs sets a timer to a negative time after every answer, and Deno warns of it.
  queue.scheduleCheckPendingRequests = () => {
    if (queue.throttleCheckTimeoutId !== null || queue.pending.length === 0) return;
    const waitMs = throttledUntilMs - performance.now();
    queue.throttleCheckTimeoutId = setTimeout(() => {
      queue.throttleCheckTimeoutId = null;
      queue.checkPendingRequests();
    }, waitMs > 0 ? waitMs : 10);
  };
  return connection;
}

/** TCP or TLS, as kafkajs makes them. */
export const defaultSocketFactory: SocketFactory = (options) => (createSocketFactory() as SocketFactory)(options);

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
    readonly logger: Omit<WireLogger, "namespace">;
    readonly saslAuthenticate: (step: SaslStep) => Promise<unknown>;
  },
) => { authenticate(): Promise<void> };

/** The ways to log in, by their names in lower case. */
export const saslMechanisms = { plain, "scram-sha-256": scram256, "scram-sha-512": scram512 } as unknown as Readonly<
  Record<"plain" | "scram-sha-256" | "scram-sha-512", SaslMechanism>
>;

/** The requests that kafkajs can encode, by name. */
export const definitions = requests as Readonly<Record<string, RequestDefinition | undefined>>;

/** The number of each api, by name. */
export const apiKeys = keys as Readonly<Record<string, number | undefined>>;

/** The newest version of an api that kafkajs and the broker both know. */
export const lookupIn = lookup as (
  versions: ApiVersions,
) => (apiKey: number, definition: RequestDefinition) => (args: unknown) => Exchange;

/** Kafka's error codes as far as kafkajs knows them. */
export const knownCodes = errorCodes as readonly { readonly type: string; readonly code: number }[];

/** Codec of a group member's metadata. */
export const memberMetadata = MemberMetadata as {
  encode(metadata: { version: number; topics: readonly string[]; userData: Buffer }): Buffer;
  decode(bytes: Buffer): { readonly topics: readonly string[]; readonly userData: Buffer | null };
};

/** Codec of a group member's assignment. */
export const memberAssignment = MemberAssignment as {
  encode(assignment: {
    version: number;
    assignment: Readonly<Record<string, readonly number[]>>;
    userData: Buffer;
  }): Buffer;
  decode(bytes: Buffer): { readonly userData: Buffer | null } | null;
};
