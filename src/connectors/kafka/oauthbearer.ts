/** Logging in to a broker with a bearer token: SASL OAUTHBEARER, RFC 7628. */
import { Buffer } from "node:buffer";
import { BrokerError } from "../broker_errors.ts";
import { Code } from "./error_codes.ts";
import { codeName } from "./errors.ts";
import { tokenOf } from "./oauth_token.ts";
import type { Ask } from "./protocol.ts";
import type { TokenSettings } from "./security.ts";

/** What stands between the parts of a message. */
const SOH = "\x01";
const ADVICE = "check the token, or the settings KAFKA_SASL_OAUTHBEARER_…";

/**
 * Logs in with the token of now, after the handshake.
 *
 * @param failed begins the messages of errors
 * @returns how long the login lasts, ms; undefined if for ever
 * @throws {BrokerError} if the broker, or the server that the token is to come from, refuses
 * @throws {PassingError} if the connection is lost meanwhile, or there is no token now
 */
export async function loginWithToken(sasl: TokenSettings, failed: string, ask: Ask): Promise<number | undefined> {
  const token = await tokenOf(sasl);
  const extensions = Object.entries(sasl.extensions ?? {}).map(([name, value]) => `${name}=${value}${SOH}`).join("");
  const first = await ask("SaslAuthenticate", {
    authBytes: framed(`n,,${SOH}auth=Bearer ${token}${SOH}${extensions}${SOH}`),
  });
  // A broker that refuses the token says why, and then wants to hear that it was heard before it ends the login.
  const reason = first.errorCode === Code.NONE ? reasonIn(first.authBytes) : undefined;
  const last = reason === undefined ? first : await ask("SaslAuthenticate", { authBytes: framed(SOH) });
  if (last.errorCode === Code.NONE && reason === undefined) return Number(last.sessionLifetimeMs ?? 0) || undefined;
  const words = [safely(last.errorMessage, token), reason, codeName(last.errorCode)].find((each) => each !== undefined);
  throw new BrokerError(`${failed}: ${words}; ${ADVICE}`);
}

/** Bytes of a message as a request carries them, with their length before. */
function framed(text: string): Buffer {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(4);
  length.writeInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** Why the broker refuses the token: "invalid_token"; undefined if it does not. */
function reasonIn(authBytes: Uint8Array): string | undefined {
  const text = Buffer.from(authBytes).subarray(4).toString();
  if (text === "") return undefined;
  try {
    const { status } = JSON.parse(text);
    return typeof status === "string" && /^[\w ]{1,60}$/.test(status) ? status : "it refuses the token";
  } catch {
    return "it refuses the token";
  }
}

/** A broker's message, unless it holds the token. */
function safely(words: string | null, token: string): string | undefined {
  return words === null || words === "" || words.includes(token) ? undefined : words;
}
