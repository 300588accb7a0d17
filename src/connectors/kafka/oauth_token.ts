/** Bearer tokens of an OAuth 2 server, kept until they are about to expire. */
import { Buffer } from "node:buffer";
import { BrokerError } from "../broker_errors.ts";
import { PassingError } from "./errors.ts";
import type { TokenEndpoint, TokenSettings } from "./security.ts";

/** The part of a token's lifetime after which a new one is asked for, as Kafka's `sasl.login.refresh.window.factor`. */
const RENEW_AFTER = 0.8;
/** How long the server may take to answer, ms. */
const ANSWER_WITHIN_MS = 10_000;
/** Of a token whose lifetime is not known, ms. */
const UNKNOWN_LIFETIME_MS = 60_000;

interface Kept {
  readonly token: string;
  /** From then on a new one is asked for, ms of `performance.now()`. */
  readonly renewAtMs: number;
  /** ms of `performance.now()` */
  readonly expiresAtMs: number;
}

/** Tokens by the settings that they were asked for with: all connections of a client share one. */
const sources = new WeakMap<TokenEndpoint, TokenSource>();

/**
 * The token for a login that is made now.
 * @throws {BrokerError} if the server refuses the client
 * @throws {PassingError} if there is none now: the server is away, or the file with the token is
 */
export async function tokenOf({ token }: TokenSettings): Promise<string> {
  if (typeof token !== "function") {
    let source = sources.get(token);
    if (source === undefined) sources.set(token, source = new TokenSource(token));
    return await source.token();
  }
  try {
    return token();
  } catch (error) {
    throw new PassingError(`there is no token: ${(error as Error).message}`);
  }
}

/** The tokens of one server. */
export class TokenSource {
  readonly #endpoint: TokenEndpoint;
  readonly #now: () => number;
  readonly #fetch: typeof fetch;
  #kept: Kept | undefined;
  #asking: Promise<Kept> | undefined;

  /** @param options.now ms of a clock that never goes back */
  constructor(endpoint: TokenEndpoint, options: { readonly now?: () => number; readonly fetch?: typeof fetch } = {}) {
    this.#endpoint = endpoint;
    this.#now = options.now ?? (() => performance.now());
    this.#fetch = options.fetch ?? fetch;
  }

  /** The token of now: the one that is kept, or a new one when that is about to expire. */
  async token(): Promise<string> {
    const kept = this.#kept;
    if (kept !== undefined && this.#now() < kept.renewAtMs) return kept.token;
    this.#asking ??= this.#ask().finally(() => this.#asking = undefined);
    try {
      this.#kept = await this.#asking;
      return this.#kept.token;
    } catch (error) {
      // The server may be back before the old one expires.
      if (error instanceof PassingError && kept !== undefined && this.#now() < kept.expiresAtMs) return kept.token;
      throw error;
    }
  }

  async #ask(): Promise<Kept> {
    const { url, clientId, clientSecret, scope } = this.#endpoint;
    const where = new URL(url).host;
    const askedAtMs = this.#now();
    const response = await this.#post(url, {
      // As Kafka's own client sends them, unless set otherwise: not URL-encoded.
      credentials: `${clientId}:${clientSecret()}`,
      form: { grant_type: "client_credentials", ...scope !== undefined && { scope } },
      where,
    });
    const text = await response.text().catch(() => "");
    if (!response.ok) throw refusal(response.status, where, errorOf(text));
    const { access_token: token, expires_in: seconds } = parsed(text);
    if (typeof token !== "string" || !isToken(token)) {
      throw new BrokerError(`Cannot get a token for Kafka from ${where}: its answer holds no "access_token"`);
    }
    const lifetimeMs = typeof seconds === "number" && seconds > 0 ? seconds * 1000 : UNKNOWN_LIFETIME_MS;
    return { token, renewAtMs: askedAtMs + RENEW_AFTER * lifetimeMs, expiresAtMs: askedAtMs + lifetimeMs };
  }

  async #post(
    url: string,
    { credentials, form, where }: {
      readonly credentials: string;
      readonly form: Readonly<Record<string, string>>;
      readonly where: string;
    },
  ): Promise<Response> {
    try {
      return await this.#fetch(url, {
        method: "POST",
        headers: { authorization: `Basic ${Buffer.from(credentials).toString("base64")}`, accept: "application/json" },
        body: new URLSearchParams(form),
        // A secret goes where it was meant to go.
        redirect: "error",
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      });
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) {
        throw new BrokerError(
          `Cannot get a token for Kafka from ${where}: this program may not; allow it with --allow-net=${where}`,
        );
      }
      throw new PassingError(`there is no token, as ${where} does not answer: ${(error as Error).message}`);
    }
  }
}

/** Whether a text has the form of a bearer token (RFC 6750). */
function isToken(text: string): boolean {
  return /^[\w.~+/-]+=*$/.test(text);
}

function refusal(status: number, where: string, words: string): Error {
  const answer = `${status}${words === "" ? "" : ` ${words}`}`;
  if (status === 429 || status >= 500) return new PassingError(`there is no token, as ${where} answers ${answer}`);
  return new BrokerError(
    `Cannot get a token for Kafka from ${where}: it answers ${answer}; check KAFKA_SASL_OAUTHBEARER_CLIENT_ID and so on`,
  );
}

/** The error that OAuth names: "invalid_client". Its description may hold what it was sent. */
function errorOf(text: string): string {
  const { error } = parsed(text);
  return typeof error === "string" && /^\w{1,60}$/.test(error) ? error : "";
}

function parsed(
  text: string,
): { readonly access_token?: unknown; readonly expires_in?: unknown; readonly error?: unknown } {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}
