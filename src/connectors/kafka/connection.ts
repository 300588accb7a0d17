import type { Buffer } from "node:buffer";
import { BrokerError } from "../broker_errors.ts";
import type { Address } from "./address.ts";
import { formatAddress } from "./address.ts";
import { isDenied, isRefused, isReset, reasonOf } from "./connection_errors.ts";
import { PassingError } from "./errors.ts";
import type { EncodedBody, Exchange } from "./exchange.ts";
import type { Apis } from "./protocol.ts";
import { login } from "./sasl.ts";
import type { KafkaSecurity } from "./security.ts";
import { openSocket, type Socket } from "./socket.ts";
import { tlsError } from "./tls.ts";
import { askVersions, newestRequest, NO_VERSIONS } from "./versions.ts";
import { Wire } from "./wire.ts";

/** Settings of all connections of a client. */
export interface ConnectionSettings {
  readonly clientId: string;
  /** Longest wait for a connection and for the first answer on it, ms. */
  readonly connectTimeoutMs: number;
  /** Left out: no TLS and no login. */
  readonly security?: KafkaSecurity | undefined;
  readonly log: (level: "debug" | "info" | "warn" | "error", message: string) => void;
}

/** What concerns the way of a request, whatever it is. */
interface Asking {
  /** From when it is sent. */
  readonly timeoutMs: number;
  readonly onSend?: () => void;
}

/** How one request differs from others. */
export interface SendOptions<Answer> {
  /** How long to wait for the answer, from when the request is sent, before the connection is closed, ms. Default 15 s. */
  readonly timeoutMs?: number;
  /** The oldest version that means the same; if the broker has only older ones, nothing is sent. */
  readonly minVersion?: number;
  /** Called with the version when the request is sent: from then on the broker may act on it, even if no answer arrives. */
  readonly onSend?: (apiVersion: number) => void;
  /** Encodes the body, instead of kafkajs, in the version that both sides know. */
  readonly encode?: (apiVersion: number) => EncodedBody;
  /** Decodes the answer, instead of kafkajs. */
  readonly decode?: (payload: Uint8Array, apiVersion: number) => Answer;
}

const ANSWER_WITHIN_MS = 15_000;
/** The part of a login's lifetime after which it is renewed. */
const LOGIN_AGAIN_AFTER = 0.85;
/** A broker takes no second login within a second, ms: a login that lasts no longer ends with its connection. */
const LOGIN_AGAIN_AT_LEAST_MS = 1_100;

/**
 * One connection to one broker. A broker answers the requests of a connection one after the other.
 *
 * It is closed at its first failure; a new one is opened when it is needed. Its failures are {@link PassingError}s, except those
 * that would come again: a certificate, a login that is refused, a version that we do not know.
 */
export class Connection {
  readonly address: Address;
  /** Resolves when the socket is closed, whoever closed it. */
  readonly closed: Promise<void>;
  readonly #onClosed: () => void;
  /** The address as text. */
  readonly #where: string;
  readonly #wire: Wire;
  readonly #security: KafkaSecurity;
  #socket: Socket | undefined;
  #versions = NO_VERSIONS;
  #end: Error | undefined;
  /** The socket's own error. */
  #fault: Error | undefined;
  /** What to do if the other side closes the connection now, as the end of a sentence. */
  #advice: string;
  /** Requests without an answer, in the order in which they were sent. */
  readonly #questions = new Set<{ readonly askedAtMs: number }>();
  #loginAgainAtMs = Infinity;
  #loggingIn: Promise<void> | undefined;

  private constructor(address: Address, { clientId, security = {} }: ConnectionSettings) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.address = address;
    this.#where = formatAddress(address);
    this.closed = promise;
    this.#onClosed = resolve;
    this.#security = security;
    this.#advice = security.tls === undefined
      ? "; if it wants TLS there, set KAFKA_SSL=true"
      : "; if it does not speak TLS there, unset KAFKA_SSL";
    this.#wire = new Wire(clientId, { write: (bytes) => this.#socket!.write(bytes) });
  }

  /**
   * Connects, agrees on versions and authenticates.
   *
   * @param signal stops connecting
   * @throws {PassingError} if there is no connection, with the reason
   * @throws {BrokerError} if this process may not use the network, one side does not trust the other's certificate, or the
   *   broker refuses the login
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
   * Sends a request and resolves with its answer, whose error codes are for the caller to check.
   *
   * @throws {PassingError} if the connection is lost; whether the broker acted on the request is unknown then
   */
  async send<Name extends keyof Apis, Answer = Apis[Name]["answer"]>(
    api: Name,
    args: Apis[Name]["args"],
    options: SendOptions<Answer> = {},
  ): Promise<Answer> {
    if (this.#end !== undefined) throw this.#end;
    if (performance.now() >= this.#loginAgainAtMs) await this.#loginAgain();
    return await this.#ask(api, args, options);
  }

  /** Resolves when the socket is closed; requests without an answer fail. */
  async close(): Promise<void> {
    await this.#abandon(this.#lost("the connection was closed"));
  }

  async #ask<Name extends keyof Apis, Answer = Apis[Name]["answer"]>(
    api: Name,
    args: Apis[Name]["args"],
    options: SendOptions<Answer>,
  ): Promise<Answer> {
    const { request, response } = await newestRequest(this.#versions, api, args, this.#where);
    const { encode, decode, timeoutMs = ANSWER_WITHIN_MS, minVersion = 0, onSend } = options;
    const { apiVersion } = request;
    if (apiVersion < minVersion) {
      throw new BrokerError(
        `Cannot use Kafka at ${this.#where}: it takes ${api} requests up to version ${apiVersion}, ${minVersion} is needed`,
      );
    }
    const answer = this.#exchange({
      request: encode === undefined ? request : { ...request, encode: () => Promise.resolve(encode(apiVersion)) },
      response: {
        decode: decode === undefined
          ? response.decode
          : (payload) => Promise.resolve().then(() => decode(payload, apiVersion)),
        parse: (decoded) => Promise.resolve(decoded),
      },
    }, { timeoutMs, onSend: () => onSend?.(apiVersion) });
    return await answer as Answer;
  }

  async #open(timeoutMs: number): Promise<void> {
    const until = performance.now() + timeoutMs;
    const timer = setTimeout(() => void this.#abandon(this.#lost("connection timeout")), timeoutMs);
    try {
      await Promise.race([this.#connect(), this.closed.then(() => Promise.reject(this.#end))]);
    } catch (error) {
      this.#end ??= this.#broken(error);
      if (isDenied(this.#fault ?? error)) {
        throw new BrokerError(
          `Cannot reach Kafka at ${this.#where}: this program may not; allow it with --allow-net=${this.#where}`,
        );
      }
      throw await this.#ended();
    } finally {
      clearTimeout(timer);
    }
    const leftMs = () => Math.max(until - performance.now(), 1);
    this.#versions = await askVersions(this.#where, (exchange) => this.#exchange(exchange, { timeoutMs: leftMs() }));
    this.#advice = this.#security.sasl === undefined ? "; if it wants a login, set KAFKA_SASL_MECHANISM" : "";
    await this.#login(leftMs());
  }

  /** Resolves when the socket is connected. */
  #connect(): Promise<void> {
    return new Promise((resolve) => {
      const socket = openSocket(this.address, { security: this.#security.tls, onConnect: resolve });
      this.#socket = socket;
      socket.on("data", (chunk: Buffer) => this.#receive(chunk));
      socket.on("error", (error) => {
        this.#fault ??= error;
        this.#end ??= this.#broken(error);
      });
      socket.on("end", () => {
        this.#end ??= this.#lost("it closed the connection", { hungUp: true, advice: this.#advice });
        this.#wire.close(this.#end); // no answer will come; the socket closes when it has written what it has
      });
      socket.on("close", () => {
        this.#end ??= this.#lost("the connection was closed");
        this.#wire.close(this.#end);
        this.#onClosed();
      });
    });
  }

  #receive(chunk: Buffer): void {
    try {
      this.#wire.receive(chunk);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      void this.#abandon(this.#lost(error.message, { advice: this.#advice }));
    }
  }

  async #login(timeoutMs: number): Promise<void> {
    const { sasl } = this.#security;
    if (sasl === undefined) return;
    const startedMs = performance.now();
    const lifetimeMs = await login(sasl, this.#where, (api, args) => this.#ask(api, args, { timeoutMs }));
    const loggedInMs = performance.now();
    this.#loginAgainAtMs = Math.max(
      startedMs + (lifetimeMs ?? Infinity) * LOGIN_AGAIN_AFTER,
      loggedInMs + LOGIN_AGAIN_AT_LEAST_MS,
    );
  }

  /** Renews the login before it expires. Other requests wait: the requests of a login must follow one another. */
  async #loginAgain(): Promise<void> {
    this.#loggingIn ??= this.#login(ANSWER_WITHIN_MS).finally(() => this.#loggingIn = undefined);
    try {
      await this.#loggingIn;
    } catch (error) {
      await this.#abandon(error as Error);
      throw error;
    }
  }

  /** How long the oldest request has been without an answer, ms; 0 if all are answered. */
  get silentMs(): number {
    const [oldest] = this.#questions;
    return oldest === undefined ? 0 : performance.now() - oldest.askedAtMs;
  }

  async #exchange(exchange: Exchange, { timeoutMs, onSend }: Asking): Promise<unknown> {
    const { apiName } = exchange.request;
    const late = () => void this.#abandon(this.#lost(`no answer to ${apiName} within ${Math.round(timeoutMs)} ms`));
    const question = { askedAtMs: 0 };
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      const answer = await this.#wire.send(exchange, () => {
        question.askedAtMs = performance.now();
        this.#questions.add(question);
        timer = setTimeout(late, timeoutMs);
        onSend?.();
      });
      this.#advice = "";
      return answer;
    } catch (error) {
      if (this.#end === undefined) throw error; // it is about the request or its answer
      throw await this.#ended();
    } finally {
      clearTimeout(timer);
      this.#questions.delete(question);
    }
  }

  /** Why the connection has ended; an error of certificates counts most. */
  async #ended(): Promise<Error> {
    const { tls } = this.#security;
    if (tls !== undefined && this.#fault !== undefined) {
      this.#end = await tlsError(this.#fault, this.address, tls) ?? this.#end;
    }
    return this.#end!;
  }

  async #abandon(end: Error): Promise<void> {
    this.#end ??= end;
    this.#wire.close(this.#end);
    if (this.#socket === undefined) return;
    this.#socket.destroy();
    await this.closed;
  }

  /** The error that ends the connection after an error of the socket. */
  #broken(error: unknown): PassingError {
    const hungUp = isReset(error);
    const advice = hungUp ? this.#advice : "";
    return this.#lost(reasonOf(error), { cause: error, hungUp, refused: isRefused(error), advice });
  }

  #lost(reason: string, options?: ConstructorParameters<typeof PassingError>[1]): PassingError {
    return new PassingError(`${this.#where}: ${reason}`, options);
  }
}
