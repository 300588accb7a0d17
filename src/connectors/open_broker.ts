import type { JobSession, JobStore, JobStoreRequest, Logger, Sink, Source } from "../engine/mod.ts";
import { type Broker, BrokerError } from "./broker.ts";
import { openJobSession } from "./job_store.ts";
import { jsonDecoder, TextArena } from "./json_codec.ts";
import { TopicSink } from "./sink.ts";
import { TopicSource } from "./source.ts";
import type { Topic } from "./topic.ts";

/** Which broker is wanted; see the README's table of settings. */
export interface BrokerSettings {
  /** BOOTSTRAP_SERVERS: "host:port" each. */
  readonly bootstrapServers?: readonly string[] | undefined;
  /** BROKER: forces one kind. */
  readonly broker?: "kafka" | "embedded" | undefined;
  /** BROKER_DIR: where the embedded log lies. */
  readonly dir: string;
  /** BROKER_SYNC: whether a commit of the embedded log outlives a power failure ("full") or only a crash. */
  readonly sync: "normal" | "full";
}

/** The Redpanda of compose.yaml. */
const DEFAULT_SERVER = "localhost:19092";
/** So long it may take to answer before the embedded log is used, ms. */
const DEFAULT_SERVER_TIMEOUT_MS = 1_000;

/**
 * Opens the broker that the settings ask for, and says which one and why.
 *
 * Servers that are named must answer. Without any, the compose file's Redpanda is used if it answers within a second, else
 * the embedded log.
 *
 * @throws {BrokerError} in one sentence if it can not be opened
 */
export async function openBroker(options: { settings: BrokerSettings; logger: Logger }): Promise<OpenBroker> {
  const { settings, logger } = options;
  const [port, why] = await choose(settings, logger);
  logger.info(`broker: ${port.description} (${why})`);
  return new OpenBroker(port);
}

async function choose(settings: BrokerSettings, logger: Logger): Promise<[Broker, string]> {
  const { bootstrapServers, broker } = settings;
  if (broker === "embedded") return [await embedded(settings), "BROKER=embedded"];
  if (bootstrapServers !== undefined) return [await kafka(bootstrapServers, logger), "BOOTSTRAP_SERVERS is set"];
  if (broker === "kafka") return [await kafka([DEFAULT_SERVER], logger), "BROKER=kafka"];
  if (!await answers(DEFAULT_SERVER)) return [await embedded(settings), `no Redpanda answers at ${DEFAULT_SERVER}`];
  return [await kafka([DEFAULT_SERVER], logger), "it answers, and BOOTSTRAP_SERVERS is not set"];
}

async function kafka(brokers: readonly string[], logger: Logger): Promise<Broker> {
  const { openKafkaBroker } = await import("./kafka/mod.ts");
  return openKafkaBroker({ brokers, log: (level, message) => logger[level](message) });
}

async function embedded(settings: BrokerSettings): Promise<Broker> {
  const { openEmbeddedBroker } = await import("./embedded/mod.ts");
  return openEmbeddedBroker({ dir: settings.dir, sync: settings.sync });
}

/** Whether anything listens there: asked without loading a Kafka client, which costs more than the rest of a start. */
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

/** An open broker, as jobs use it: it keeps their commits and gives them sources and sinks. */
export class OpenBroker implements JobStore, AsyncDisposable {
  /** For tools: topics and records as they are. */
  readonly port: Broker;

  constructor(port: Broker) {
    this.port = port;
  }

  /** The committed records of a topic, checked by its schema. Those that do not fit go to the job's dead letters. */
  source<T, K>(topic: Topic<T, K>): Source<T> {
    const { schema } = topic;
    return new TopicSource(this.port, topic.name, () => jsonDecoder(schema));
  }

  /** Writes values as compact JSON, under their topic's key. */
  sink<T, K>(topic: Topic<T, K>): Sink<T> {
    const { name, key: keyOf } = topic;
    const arena = new TextArena();
    return new TopicSink<T>(this.port, this, name, (value, timestampMs) => {
      const [keyBytes, valueBytes] = arena.encodePair(JSON.stringify(keyOf(value)), JSON.stringify(value));
      return { topic: name, key: keyBytes, value: valueBytes, timestampMs };
    });
  }

  /** See {@link JobStore}. */
  openJob(request: JobStoreRequest): Promise<JobSession> {
    return openJobSession(this.port, request);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.port.close();
  }
}
