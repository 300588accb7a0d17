/**
 * The broker port on Redpanda or Apache Kafka. Import this module when a broker is opened, not before: most programs need no Kafka.
 */
import type { Broker } from "../broker.ts";
import type { Address } from "./address.ts";
import { formatAddress, parseAddress } from "./address.ts";
import { KafkaBroker } from "./broker.ts";
import { Client } from "./client.ts";
import { reach } from "./reach.ts";
import type { KafkaSecurity } from "./security.ts";
import { checkTls } from "./tls.ts";

/** Which Kafka to open, and how. */
export interface KafkaBrokerOptions {
  /** The bootstrap servers, `host:port` each; all are tried. */
  readonly brokers: readonly string[];
  /** How long to try to reach one of them, ms; for several servers it is tripled. Default 5000. */
  readonly connectTimeoutMs?: number;
  /** TLS and a login. Left out: no TLS and no login. */
  readonly security?: KafkaSecurity | undefined;
  /** Logs events; those below "info" are not meant for the person who runs a job. */
  readonly log: (level: "debug" | "info" | "warn" | "error", message: string) => void;
}

/**
 * Opens Kafka.
 *
 * @throws {BrokerUnavailableError} if no server of `brokers` answers in time, with the error of each; at once if all refuse
 * @throws {BrokerError} if a certificate is not trusted or cannot be used, or the login is refused
 * @throws {SyntaxError} if an address is not `host:port`
 */
export async function openKafkaBroker(options: KafkaBrokerOptions): Promise<Broker> {
  const { brokers, connectTimeoutMs = 5_000, security, log } = options;
  const bootstrap = brokers.map(parseAddress);
  if (bootstrap.length === 0) throw new SyntaxError("Cannot open Kafka: no broker's address is given");
  if (security?.tls !== undefined) checkTls(security.tls);
  if (security?.tls === undefined && !bootstrap.every(isHere)) {
    const { mechanism } = security?.sasl ?? {};
    if (mechanism === "plain") {
      log("warn", "the password for Kafka travels without encryption: set KAFKA_SSL=true, or a SCRAM mechanism");
    }
    if (mechanism === "oauthbearer") log("warn", "the token for Kafka travels without encryption: set KAFKA_SSL=true");
  }
  const client = new Client({ bootstrap, clientId: "stream-apps", connectTimeoutMs, security, log });
  const names = bootstrap.map(formatAddress).join(", ");
  try {
    // Several servers are a cluster, which may be electing new leaders.
    const withinMs = bootstrap.length > 1 ? 3 * connectTimeoutMs : connectTimeoutMs;
    await reach(client, { bootstrap, withinMs });
    return new KafkaBroker(client, `Kafka at ${names}`);
  } catch (error) {
    await client.close();
    throw error;
  }
}

/** Whether the address is on this machine. */
function isHere({ host }: Address): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}
