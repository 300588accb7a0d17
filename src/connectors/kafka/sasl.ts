/** Logging in to a broker with SASL: with a password by kafkajs' mechanisms, with our messages for failures. */
import { BrokerError } from "../broker_errors.ts";
import { Code } from "./error_codes.ts";
import { codeName, PassingError } from "./errors.ts";
import type { Ask } from "./protocol.ts";
import { loginWithToken } from "./oauthbearer.ts";
import type { PasswordSettings, SaslSettings } from "./security.ts";

/**
 * Logs in.
 *
 * @param where the broker's address, for messages
 * @returns how long the login lasts, ms; undefined if for ever
 * @throws {BrokerError} if the broker refuses the login, or cannot prove that it knows the password (SCRAM)
 * @throws {PassingError} if the connection is lost meanwhile
 */
export async function login(sasl: SaslSettings, where: string, ask: Ask): Promise<number | undefined> {
  const mechanism = sasl.mechanism.toUpperCase();
  const who = sasl.mechanism === "oauthbearer" ? "with a token" : `as "${sasl.username}"`;
  const failed = `Cannot log in to Kafka at ${where} ${who}`;
  const { errorCode, enabledMechanisms } = await ask("SaslHandshake", { mechanism });
  if (errorCode === Code.UNSUPPORTED_SASL_MECHANISM) {
    throw new BrokerError(
      `${failed}: it does not take ${mechanism}, only ${
        enabledMechanisms.join(", ")
      }; set KAFKA_SASL_MECHANISM to one of these`,
    );
  }
  if (errorCode === Code.ILLEGAL_SASL_STATE) {
    throw new BrokerError(
      `${failed}: nobody is asked for a login there; unset KAFKA_SASL_MECHANISM or use its port for SASL`,
    );
  }
  if (errorCode !== Code.NONE) throw new BrokerError(`${failed}: Kafka answered ${codeName(errorCode)}`);
  if (sasl.mechanism === "oauthbearer") return await loginWithToken(sasl, failed, ask);
  return await loginWithPassword(sasl, { where, failed }, ask);
}

async function loginWithPassword(
  { mechanism, username, ...sasl }: PasswordSettings,
  { where, failed }: { readonly where: string; readonly failed: string },
  ask: Ask,
): Promise<number | undefined> {
  const password = sasl.password();
  let lifetimeMs: number | undefined;
  /** The error that `ask` threw or the broker answered, before kafkajs wraps it. */
  let failure: Error | undefined;
  const { loadMechanism } = await import("./kafkajs.ts");
  const authenticator = (await loadMechanism(mechanism))({ username, password })({
    host: where,
    port: 0,
    logger: SILENT,
    async saslAuthenticate({ request, response }) {
      try {
        const answer = await ask("SaslAuthenticate", { authBytes: await request.encode() });
        if (answer.errorCode !== Code.NONE) {
          const words = safely(answer.errorMessage) ?? codeName(answer.errorCode);
          throw new BrokerError(`${failed}: ${words}; check KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD`);
        }
        lifetimeMs = Number(answer.sessionLifetimeMs ?? 0) || undefined;
        return await response.parse(await response.decode(answer.authBytes));
      } catch (error) {
        failure = error as Error;
        throw error;
      }
    },
  });
  try {
    await authenticator.authenticate();
  } catch (error) {
    if (failure instanceof BrokerError || failure instanceof PassingError) throw failure;
    throw new BrokerError(`${failed}: ${safely((error as Error).message) ?? "kafkajs cannot make a proof"}`);
  }
  return lifetimeMs;

  /** A broker's message, unless it may contain the password, which PLAIN sends to the broker. */
  function safely(words: string | null): string | undefined {
    return words === null || words === "" || words.includes(password) ? undefined : words;
  }
}

const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
