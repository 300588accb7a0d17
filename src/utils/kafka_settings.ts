/** TLS and login for Kafka, as the environment says. */
import type { BrokerSettings } from "../connectors/open_broker.ts";
import type { Environment } from "./environment.ts";
import { oneOf, usable, UsageError } from "./flags.ts";
import { fileText, missing, type ReadFile, secretOf, setting } from "./kafka_variables.ts";
import { tokenSettings } from "./oauthbearer_settings.ts";

export type { ReadFile };

type KafkaSecurity = NonNullable<BrokerSettings["security"]>;

/** All that {@link kafkaSecurity} reads, in the order in which it complains. */
const NAMES = [
  "KAFKA_SSL",
  "KAFKA_SSL_CA",
  "KAFKA_SSL_CERT",
  "KAFKA_SSL_KEY",
  "KAFKA_SASL_MECHANISM",
  "KAFKA_SASL_USERNAME",
  "KAFKA_SASL_PASSWORD",
  "KAFKA_SASL_PASSWORD_FILE",
  "KAFKA_SASL_OAUTHBEARER_TOKEN",
  "KAFKA_SASL_OAUTHBEARER_TOKEN_FILE",
  "KAFKA_SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL",
  "KAFKA_SASL_OAUTHBEARER_CLIENT_ID",
  "KAFKA_SASL_OAUTHBEARER_CLIENT_SECRET",
  "KAFKA_SASL_OAUTHBEARER_CLIENT_SECRET_FILE",
  "KAFKA_SASL_OAUTHBEARER_SCOPE",
  "KAFKA_SASL_OAUTHBEARER_EXTENSIONS",
] as const;

/**
 * How to be sure of Kafka and be let in, from KAFKA_SSL… and KAFKA_SASL…; undefined if nothing is set. Files are read here,
 * once. Passwords and keys are handed on as functions, and none of their text is ever part of an error.
 *
 * @param hasServers whether BOOTSTRAP_SERVERS is set: what is meant for one broker is not sent to another that is found
 * @throws {UsageError} naming the variable that cannot be used, or is missing beside another
 */
export function kafkaSecurity(env: Environment, readFile: ReadFile, hasServers: boolean): KafkaSecurity | undefined {
  const ssl = setting(env, "KAFKA_SSL");
  const on = ssl !== undefined && usable("KAFKA_SSL", () => oneOf("true", "false")(ssl.toLowerCase())) === "true";
  const given = NAMES.filter((name) => name === "KAFKA_SSL" ? on : setting(env, name) !== undefined);
  const [first] = given;
  if (first === undefined) return undefined;
  if (!hasServers) {
    throw new UsageError(`Cannot use ${first} without BOOTSTRAP_SERVERS: set it to the Kafka that is meant`);
  }
  const needing = given.find((name) => name.startsWith("KAFKA_SSL_"));
  if (!on && needing !== undefined) throw new UsageError(`Cannot use ${needing} without TLS: set KAFKA_SSL=true`);
  return { ...(on && { tls: tls(env, readFile) }), ...sasl(env, readFile, given) };
}

function tls(env: Environment, readFile: ReadFile): NonNullable<KafkaSecurity["tls"]> {
  const ca = pemFile(env, "KAFKA_SSL_CA", "CERTIFICATE", readFile);
  const cert = pemFile(env, "KAFKA_SSL_CERT", "CERTIFICATE", readFile);
  const key = pemFile(env, "KAFKA_SSL_KEY", "PRIVATE KEY", readFile);
  if (cert === undefined && key !== undefined) throw missing("KAFKA_SSL_KEY", "KAFKA_SSL_CERT");
  if (cert !== undefined && key === undefined) throw missing("KAFKA_SSL_CERT", "KAFKA_SSL_KEY");
  return { ...(ca !== undefined && { ca }), ...(cert && key && { client: { cert, key: () => key } }) };
}

function sasl(
  env: Environment,
  readFile: ReadFile,
  given: readonly string[],
): Pick<KafkaSecurity, "sasl"> {
  const first = given.find((name) => name.startsWith("KAFKA_SASL_"));
  if (first === undefined) return {};
  const word = setting(env, "KAFKA_SASL_MECHANISM");
  if (word === undefined) throw missing(first, "KAFKA_SASL_MECHANISM");
  const mechanism = usable(
    "KAFKA_SASL_MECHANISM",
    () => oneOf("plain", "scram-sha-256", "scram-sha-512", "oauthbearer")(word.toLowerCase()),
  );
  const stray = given.find((name) =>
    name.startsWith("KAFKA_SASL_OAUTHBEARER_")
      ? mechanism !== "oauthbearer"
      : mechanism === "oauthbearer" && /^KAFKA_SASL_(USERNAME|PASSWORD)/.test(name)
  );
  if (stray !== undefined) {
    throw new UsageError(`Cannot use ${stray} with KAFKA_SASL_MECHANISM=${mechanism}: unset one`);
  }
  if (mechanism === "oauthbearer") return { sasl: tokenSettings(env, readFile) };
  const username = setting(env, "KAFKA_SASL_USERNAME");
  if (username === undefined) throw missing(first, "KAFKA_SASL_USERNAME");
  const password = secretOf(env, "KAFKA_SASL_PASSWORD", readFile);
  if (password === undefined) throw missing(first, "KAFKA_SASL_PASSWORD or KAFKA_SASL_PASSWORD_FILE");
  return { sasl: { mechanism, username, password: () => password } };
}

/** The text of a file of PEM blocks, one of them of a kind. */
function pemFile(env: Environment, name: string, kind: string, readFile: ReadFile): string | undefined {
  const path = setting(env, name);
  if (path === undefined) return undefined;
  const text = fileText(name, path, readFile);
  if (new RegExp(`^-----BEGIN ENCRYPTED ${kind}-----`, "m").test(text)) {
    throw new UsageError(
      `Cannot use ${name}: the key is encrypted; give one without a password that only you can read`,
    );
  }
  if (!new RegExp(`^-----BEGIN ([A-Z]+ )?${kind}-----`, "m").test(text)) {
    throw new UsageError(`Cannot use ${name}: the file holds no PEM text with "BEGIN ${kind}"`);
  }
  return text;
}
