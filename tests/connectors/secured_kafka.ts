/**
 * A Kafka that lets in only who has the right certificate, password or token, with a listener for each way, and what its clients
 * need to get in. Certificates and tokens are made here.
 */
import { assert, assertEquals } from "@std/assert";
import { parse } from "@std/yaml";
import { type KafkaListener, type RunningKafka, startKafka } from "../../src/cli/kafka.ts";
import type { Broker } from "../../src/connectors/broker.ts";
import type { KafkaSecurity, PasswordSettings, SaslSettings } from "../../src/connectors/kafka/security.ts";
import type { TestBroker } from "../e2e/programs.ts";
import { Authority, type Identity } from "./certificates.ts";

/** How long a login is good for at the listener SHORT. Kafka takes no second one within a second. */
export const SHORT_LOGIN_MS = 1_200;

/** So that one look finds any of them. */
export const PASSWORDS_BEGIN = "swordfish";
export const PASSWORDS = {
  plain: "swordfish-plain",
  "scram-sha-256": "swordfish-256",
  "scram-sha-512": "swordfish-512",
};
export const WRONG = "swordfish-wrong";
/** Begins every token, in base64. */
const TOKEN_BEGINS = "eyJhbGciOiJub25lIn0.";

/** Kafka's properties for a listener that takes tokens that nobody has signed: it is made for tests. */
const TOKENS = {
  "sasl.enabled.mechanisms": "OAUTHBEARER",
  "oauthbearer.sasl.jaas.config":
    'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";',
};

/** It runs until it goes out of scope. */
export class SecuredKafka implements AsyncDisposable {
  /** Who has signed the broker's certificates. */
  readonly authority: Authority;
  /** Whom neither side trusts. */
  readonly untrusted: Authority;
  /** Whom the listeners with mutual TLS let in. */
  readonly client: Identity;
  readonly #kafka: RunningKafka;

  private constructor(kafka: RunningKafka, parts: Pick<SecuredKafka, "authority" | "untrusted" | "client">) {
    this.#kafka = kafka;
    this.authority = parts.authority;
    this.untrusted = parts.untrusted;
    this.client = parts.client;
  }

  /** @param dir where Kafka has been fetched to */
  static async start(dir: string): Promise<SecuredKafka> {
    const authority = await Authority.create("the authority");
    const scramUsers = (["SCRAM-SHA-256", "SCRAM-SHA-512"] as const).map((mechanism) => {
      return { mechanism, name: "alice", password: passwordOf(mechanism) };
    });
    const kafka = await startKafka({ dir, listeners: await listenersOf(authority), scramUsers });
    const untrusted = await Authority.create("an untrusted authority");
    return new SecuredKafka(kafka, { authority, untrusted, client: await authority.issue("a client") });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#kafka.stop();
  }

  addressOf(listener: string): string {
    return listener === "PLAINTEXT" ? this.#kafka.bootstrapServers : this.#kafka.listeners[listener]!;
  }

  /** @param said takes what is logged */
  async open(listener: string, security: KafkaSecurity | undefined, said?: string[]): Promise<Broker> {
    return await openAt(this.addressOf(listener), security, said);
  }

  /** TLS with a certificate of ours. */
  tls({ cert, key }: Identity = this.client): NonNullable<KafkaSecurity["tls"]> {
    return { ca: this.authority.cert, client: { cert, key: () => key } };
  }

  /** Settings for the listener ALL, its secrets in files: those of the recipe for containers. */
  async environment(dir: string): Promise<TestBroker> {
    const files = {
      ca: this.authority.cert,
      cert: this.client.cert,
      key: this.client.key,
      untrusted: this.untrusted.cert,
      password: `${PASSWORDS["scram-sha-512"]}\n`,
    };
    for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(`${dir}/${name}.pem`, text);
    return {
      name: "Kafka",
      env: {
        ...await settingsOfContainer(dir),
        BOOTSTRAP_SERVERS: this.addressOf("ALL"),
        LOG_FORMAT: "",
        LOG_LEVEL: "debug",
        KAFKAJS_DEBUG_PROTOCOL_BUFFERS: "1",
      },
    };
  }

  /** Settings for the listener TOKEN. */
  tokenEnvironment(): TestBroker {
    const login = { KAFKA_SASL_MECHANISM: "oauthbearer", KAFKA_SASL_OAUTHBEARER_TOKEN: tokenFor(3600) };
    return { name: "Kafka", env: { BOOTSTRAP_SERVERS: this.addressOf("TOKEN"), ...login, LOG_LEVEL: "debug" } };
  }

  /** Fails if a password, a token or a line of a private key stands in the text. */
  assertNoSecret(text: string, ...keys: readonly string[]): void {
    const lines = [this.client.key, ...keys].flatMap((key) =>
      key.split("\n").filter((line) => /^[\w+/=]{20,}$/.test(line))
    );
    assert(lines.length >= 3);
    for (const secret of [PASSWORDS_BEGIN, TOKEN_BEGINS, ...lines, "PRIVATE KEY"]) {
      assertEquals(text.includes(secret), false, `"${secret}" stands in:\n${text}`);
    }
  }
}

/** kafkajs reads the environment when it is loaded, so only those load the adapter who open a broker. */
export async function openAt(at: string, security: KafkaSecurity | undefined, said: string[] = []): Promise<Broker> {
  const { openKafkaBroker } = await import("../../src/connectors/kafka/mod.ts");
  return await openKafkaBroker({ brokers: [at], security, log: (level, message) => said.push(`${level}: ${message}`) });
}

export function alice(mechanism: keyof typeof PASSWORDS, password: string = PASSWORDS[mechanism]): PasswordSettings {
  return { mechanism, username: "alice", password: () => password };
}

/** A token for alice that nobody has signed, good from an hour ago for so many seconds from now. */
export function tokenFor(seconds: number): string {
  const nowS = Date.now() / 1000;
  const claims = { sub: "alice", iat: nowS - 3600, exp: nowS + seconds };
  const part = (value: unknown) =>
    btoa(JSON.stringify(value)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return `${part({ alg: "none" })}.${part(claims)}.`;
}

export function bearer(seconds = 3600): SaslSettings {
  return { mechanism: "oauthbearer", token: () => tokenFor(seconds) };
}

async function listenersOf(authority: Authority): Promise<KafkaListener[]> {
  const keystore = (options: Parameters<Authority["issue"]>[1]) => keystoreOf(authority, options);
  const tls = await keystore({ hosts: ["localhost"] });
  const mutual = {
    ...tls,
    "ssl.client.auth": "required",
    "ssl.truststore.type": "PEM",
    "ssl.truststore.certificates": authority.cert,
  };
  return [
    { name: "TLS", protocol: "SSL", properties: tls },
    { name: "MUTUAL", protocol: "SSL", properties: mutual },
    { name: "EXPIRED", protocol: "SSL", properties: await keystore({ hosts: ["localhost"], years: [2020, 2021] }) },
    { name: "TOO_EARLY", protocol: "SSL", properties: await keystore({ hosts: ["localhost"], years: [2900, 2901] }) },
    { name: "ELSEWHERE", protocol: "SSL", properties: await keystore({ hosts: ["kafka.example"] }) },
    { name: "LOGIN", protocol: "SASL_PLAINTEXT", properties: logins("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512") },
    {
      name: "LOGIN_TLS",
      protocol: "SASL_SSL",
      properties: { ...tls, ...logins("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512") },
    },
    { name: "ALL", protocol: "SASL_SSL", properties: { ...mutual, ...logins("SCRAM-SHA-512") } },
    {
      name: "SHORT",
      protocol: "SASL_PLAINTEXT",
      properties: { ...logins("PLAIN"), "plain.connections.max.reauth.ms": String(SHORT_LOGIN_MS) },
    },
    {
      name: "TOKEN",
      protocol: "SASL_PLAINTEXT",
      properties: { ...TOKENS, "oauthbearer.connections.max.reauth.ms": "3600000" },
    },
    { name: "TOKEN_TLS", protocol: "SASL_SSL", properties: { ...tls, ...TOKENS } },
  ];
}

/** What `examples/container/compose.yaml` puts into a job's environment, with the files of `dir` in place of its secrets. */
async function settingsOfContainer(dir: string): Promise<Record<string, string>> {
  const text = await Deno.readTextFile(new URL("../../examples/container/compose.yaml", import.meta.url));
  const { services } = parse(text) as { services: { job: { environment: Record<string, string> } } };
  return Object.fromEntries(
    Object.entries(services.job.environment).map(([name, value]) =>
      [name, value.replace(/^\/run\/secrets\/kafka_(\w+)$/, `${dir}/$1.pem`)] as const
    ),
  );
}

/** Kafka's properties for a listener with a certificate. */
async function keystoreOf(
  authority: Authority,
  options: Parameters<Authority["issue"]>[1],
): Promise<Record<string, string>> {
  const { cert, key } = await authority.issue("a broker", options);
  return { "ssl.keystore.type": "PEM", "ssl.keystore.certificate.chain": cert, "ssl.keystore.key": key };
}

/** Kafka's properties for a listener with logins for alice. */
function logins(...mechanisms: readonly ("PLAIN" | "SCRAM-SHA-256" | "SCRAM-SHA-512")[]): Record<string, string> {
  const security = "org.apache.kafka.common.security";
  const scram = `${security}.scram.ScramLoginModule required;`;
  const plain = `${security}.plain.PlainLoginModule required user_alice="${PASSWORDS.plain}";`;
  return {
    "sasl.enabled.mechanisms": mechanisms.join(","),
    ...Object.fromEntries(
      mechanisms.map((name) => [`${name.toLowerCase()}.sasl.jaas.config`, name === "PLAIN" ? plain : scram]),
    ),
  };
}

function passwordOf(mechanism: "SCRAM-SHA-256" | "SCRAM-SHA-512"): string {
  return PASSWORDS[mechanism.toLowerCase() as keyof typeof PASSWORDS];
}
