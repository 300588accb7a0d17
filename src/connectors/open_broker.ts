import type { Logger } from "../engine/mod.ts";
import type { Broker } from "./broker.ts";
import { BrokerError } from "./broker_errors.ts";
import { JobBroker, type JobBrokerOptions } from "./job_broker.ts";
import type { KafkaSecurity } from "./kafka/security.ts";
import { StartupHinter, type StartupHints } from "./startup_hints.ts";
import { unopenedBroker } from "./unopened_broker.ts";

/** Which broker is wanted. Programs read it from environment variables, which docs/operating.md lists. */
export interface BrokerSettings {
  /** BOOTSTRAP_SERVERS: "host:port" each. */
  readonly bootstrapServers?: readonly string[] | undefined;
  /** BROKER: forces one kind. */
  readonly broker?: "kafka" | "embedded" | undefined;
  /** KAFKA_SSL… and KAFKA_SASL…: TLS and a login for `bootstrapServers`. */
  readonly security?: KafkaSecurity | undefined;
  /** BROKER_DIR: where the embedded log lies. */
  readonly dir: string;
  /** BROKER_SYNC: whether a commit of the embedded log outlives a power failure ("full") or only a crash. */
  readonly sync: "normal" | "full";
}

/** The Redpanda of compose.yaml. */
const DEFAULT_SERVER = "localhost:19092";
/** How long it may take to answer before the embedded log is used instead, ms. */
const DEFAULT_SERVER_TIMEOUT_MS = 1_000;

/** Which broker to open, and what its jobs have in common. */
export interface OpenBrokerOptions extends Pick<JobBrokerOptions, "replicas" | "compression"> {
  /** Which broker is wanted. */
  readonly settings: BrokerSettings;
  /** Logs which broker was opened, and why. */
  readonly logger: Logger;
  /** Opens none: the job is only described, and not run; see `EnvironmentOptions.explain`. */
  readonly explain?: boolean;
  /** The job that `startupHints` are for. */
  readonly jobName?: string;
  /** What a person can do about topics that are missing or without records; left out: no hints are logged. */
  readonly startupHints?: StartupHints;
}

/**
 * Opens the broker that the settings ask for, and logs which one and why.
 *
 * Servers that are named must answer. If none are named, the Redpanda of compose.yaml is used if it answers within a second,
 * else the embedded log.
 *
 * @throws {BrokerError} in one sentence if it cannot be opened
 */
export async function openBroker(options: OpenBrokerOptions): Promise<JobBroker> {
  if (options.explain) return new JobBroker(unopenedBroker());
  const { settings, logger, jobName = "job", startupHints, replicas, compression } = options;
  const [port, why] = await choose(settings, logger);
  logger.info(`broker: ${port.description} (${why})`);
  const hinter = startupHints && new StartupHinter(jobName, startupHints);
  return new JobBroker(port, { hinter, replicas, compression });
}

async function choose(settings: BrokerSettings, logger: Logger): Promise<[Broker, string]> {
  const { bootstrapServers, broker, security } = settings;
  if (broker === "embedded") return [await embedded(settings), "BROKER=embedded"];
  if (bootstrapServers !== undefined) {
    return [await kafka(bootstrapServers, logger, security), "BOOTSTRAP_SERVERS is set"];
  }
  if (broker === "kafka") return [await kafka([DEFAULT_SERVER], logger), "BROKER=kafka"];
  if (!await answers(DEFAULT_SERVER)) return [await embedded(settings), `no Redpanda answers at ${DEFAULT_SERVER}`];
  return [await kafka([DEFAULT_SERVER], logger), "it answers, and BOOTSTRAP_SERVERS is not set"];
}

async function kafka(brokers: readonly string[], logger: Logger, security?: KafkaSecurity): Promise<Broker> {
  const { openKafkaBroker } = await import("./kafka/mod.ts");
  return openKafkaBroker({ brokers, security, log: (level, message) => logger[level](message) });
}

async function embedded(settings: BrokerSettings): Promise<Broker> {
  const { openEmbeddedBroker } = await import("./embedded/mod.ts");
  return openEmbeddedBroker({ dir: settings.dir, sync: settings.sync });
}

/** Whether anything listens there. A Kafka client is not loaded for that: it would take most of the time of a start. */
async function answers(server: string): Promise<boolean> {
  const [hostname, port] = server.split(":") as [string, string];
  const timeout = AbortSignal.timeout(DEFAULT_SERVER_TIMEOUT_MS);
  try {
    const connection = await Deno.connect({ hostname, port: Number(port), signal: timeout });
    connection.close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) {
      throw new BrokerError(
        `Cannot look for a broker at ${server}: this program may not use the network; allow it with --allow-net, or set BROKER=embedded`,
      );
    }
    return false;
  }
}
