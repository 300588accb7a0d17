import { BrokerError } from "../broker.ts";
import { PassingError } from "./errors.ts";
import type { ApiVersions, EncodedBody, Exchange, Socket, WireConnection, WireLogger } from "./kafkajs.ts";
import { apiKeys, createConnection, defaultSocketFactory, definitions, lookupIn } from "./kafkajs.ts";
import type { Apis } from "./protocol.ts";

/** Where a broker listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** What all connections of a program share. */
export interface ConnectionSettings {
  readonly clientId: string;
  /** Longest wait for a connection and for the first answer on it, ms. */
  readonly connectTimeoutMs: number;
  readonly log: (level: "debug" | "info" | "warn" | "error", message: string) => void;
}

/** What differs from the usual way to send a request. */
export interface SendOptions<Answer> {
  /** The connection is given up when no answer came within, ms. Default 15 s. */
  readonly timeoutMs?: number;
  /** Makes the body in kafkajs' place, for the version that was agreed on. */
  readonly encode?: (apiVersion: number) => EncodedBody;
  /** Reads the answer in kafkajs' place. */
  readonly decode?: (payload: Uint8Array, apiVersion: number) => Answer;
}

const ANSWER_WITHIN_MS = 15_000;

/** "localhost:9092" */
export function formatAddress({ host, port }: Address): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/**
 * One connection to one broker. A broker answers the requests of a connection one after the other.
 *
 * It ends for good with its first trouble; whoever needs one opens another. All its failures are {@link PassingError}s,
 * except a broker that does not speak a version we know.
 */
export class Connection {
  readonly address: Address;
  /** Resolves when the socket is closed, whoever closed it. */
  readonly closed: Promise<void>;
  readonly #wire: WireConnection;
  #socket: Socket | undefined;
  #versions: ApiVersions = {};
  #end: PassingError | undefined;

  private constructor(address: Address, settings: ConnectionSettings) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.address = address;
    this.closed = promise;
    this.#wire = createConnection({
      ...address,
      clientId: settings.clientId,
      connectionTimeout: settings.connectTimeoutMs,
      logger: wireLogger((message) => this.isOpen && settings.log("debug", `kafkajs: ${message}`)),
      socketFactory: (options) => {
        const socket = defaultSocketFactory(options);
        this.#socket = socket;
        socket.setNoDelay(true);
        // kafkajs does not look for "close": a request that it lets through while it disconnects would wait for ever.
        socket.on("close", () => {
          this.#end ??= this.#lost("the connection was closed");
          this.#wire.rejectRequests(this.#end);
          resolve();
        });
        return socket;
      },
    });
  }

  /**
   * Connects, agrees on versions and authenticates.
   *
   * @param signal gives up while it connects
   * @throws {PassingError} with the reason in words
   * @throws {BrokerError} if this process may not use the network
   */
  static async open(address: Address, settings: ConnectionSettings, signal: AbortSignal): Promise<Connection> {
    const connection = new Connection(address, settings);
    const giveUp = () => void connection.close();
    signal.addEventListener("abort", giveUp);
    try {
      await connection.#open(settings.connectTimeoutMs);
      return connection;
    } catch (error) {
      await connection.close();
      throw error;
    } finally {
      signal.removeEventListener("abort", giveUp);
    }
  }

  /** Whether requests can still be sent. */
  get isOpen(): boolean {
    return this.#end === undefined;
  }

  /**
   * Sends a request and resolves with the answer as it is: error codes in it are the caller's.
   *
   * @throws {PassingError} if the connection is or gets lost; whether the broker did what was asked is then unknown
   */
  async send<Name extends keyof Apis, Answer = Apis[Name]["answer"]>(
    api: Name,
    args: Apis[Name]["args"],
    options: SendOptions<Answer> = {},
  ): Promise<Answer> {
    if (this.#end !== undefined) throw this.#end;
    const { request, response } = this.#lookup(api, args);
    const { encode, decode, timeoutMs = ANSWER_WITHIN_MS } = options;
    const { apiVersion } = request;
    const answer = this.#exchange({
      request: encode === undefined ? request : { ...request, encode: () => Promise.resolve(encode(apiVersion)) },
      response: {
        decode: decode === undefined
          ? response.decode
          : (payload) => Promise.resolve().then(() => decode(payload, apiVersion)),
        parse: (decoded) => Promise.resolve(decoded),
      },
    }, timeoutMs);
    return await answer as Answer;
  }

  /** Resolves when the socket is gone; requests under way fail. */
  async close(): Promise<void> {
    await this.#abandon("the connection was closed");
  }

  async #open(timeoutMs: number): Promise<void> {
    const until = performance.now() + timeoutMs;
    try {
      await Promise.race([this.#wire.connect(), this.closed.then(() => Promise.reject(this.#end))]);
    } catch (error) {
      this.#end ??= this.#lost(reasonOf(error), error);
      if (isDenied(error)) {
        const where = formatAddress(this.address);
        throw new BrokerError(
          `Cannot reach Kafka at ${where}: this program may not; allow it with --allow-net=${where}`,
        );
      }
      throw this.#end;
    }
    this.#versions = await this.#askVersions(until);
    this.#wire.setVersions(this.#versions);
    this.#wire.setSupportAuthenticationProtocol(true);
    await this.#wire.authenticate();
  }

  async #askVersions(until: number): Promise<ApiVersions> {
    for (const version of [2, 0]) {
      const exchange = definitions.ApiVersions!.protocol({ version })(undefined);
      try {
        const answer = await this.#exchange(
          exchange,
          Math.max(until - performance.now(), 1),
        ) as Apis["ApiVersions"]["answer"];
        return Object.fromEntries(answer.apiVersions.map((api) => [api.apiKey, api]));
      } catch (error) {
        // A broker older than this version says so, and takes version 0.
        if ((error as { type?: unknown }).type !== "UNSUPPORTED_VERSION") throw error;
      }
    }
    throw new BrokerError(`Cannot talk to Kafka at ${formatAddress(this.address)}: it tells none of its versions`);
  }

  #lookup(api: string, args: unknown): Exchange {
    const definition = definitions[api]!;
    const apiKey = apiKeys[api]!;
    const supported = this.#versions[apiKey];
    const newest = Math.max(...definition.versions.map(Number));
    if (supported === undefined || supported.minVersion > newest) {
      throw new BrokerError(
        `Cannot use Kafka at ${formatAddress(this.address)}: it takes ${api} requests ` +
          `${supported === undefined ? "in no version" : `from version ${supported.minVersion} on, we have ${newest}`}`,
      );
    }
    return lookupIn(this.#versions)(apiKey, definition)(args);
  }

  async #exchange(exchange: Exchange, timeoutMs: number): Promise<unknown> {
    const { apiName } = exchange.request;
    const timer = setTimeout(() => void this.#abandon(`no answer to ${apiName} within ${timeoutMs} ms`), timeoutMs);
    try {
      return await this.#wire.send({ ...exchange, logResponseError: false });
    } catch (error) {
      if (this.#end !== undefined) throw this.#end;
      if (!isConnectionError(error)) throw error;
      await this.#abandon(reasonOf(error));
      throw this.#end;
    } finally {
      clearTimeout(timer);
    }
  }

  async #abandon(reason: string): Promise<void> {
    this.#end ??= this.#lost(reason);
    this.#wire.rejectRequests(this.#end);
    if (this.#socket === undefined) return;
    // With an error, so that kafkajs hears of it and stops its own timers.
    this.#socket.destroy(this.#end);
    await this.closed;
  }

  #lost(reason: string, cause?: unknown): PassingError {
    return new PassingError(`${formatAddress(this.address)}: ${reason}`, { cause });
  }
}

/** kafkajs' words are for who looks for a fault, whatever level it gives them. */
function wireLogger(say: (message: string) => void): WireLogger {
  // Its debug level tells of every request.
  const logger: WireLogger = { namespace: () => logger, debug: () => {}, info: say, warn: say, error: say };
  return logger;
}

function isConnectionError(error: unknown): boolean {
  const name = error instanceof Error ? error.name : "";
  return name.startsWith("KafkaJSConnection") || name === "KafkaJSRequestTimeoutError" || error instanceof PassingError;
}

/** Whether this process may not connect. The code is what looking up a host gives, the words are for an address. */
function isDenied(error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return code === "EPERM" || String(message).includes("Requires net access");
}

/** Why there is no connection, in a person's words. */
function reasonOf(error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return WORDS[String(code)] ?? String(message).replace(/^Connection error: /, "").toLowerCase();
}

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection reset",
  ENOTFOUND: "there is no such host",
  EAI_AGAIN: "the host's name could not be looked up",
  EHOSTUNREACH: "no way to this host",
  ENETUNREACH: "no way to this network",
  ETIMEDOUT: "no answer",
};
