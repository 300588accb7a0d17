import {
  type JobSession,
  type JobStore,
  type JobStoreRequest,
  type Logger,
  type Sink,
  type Source,
} from "../engine/mod.ts";
import { type Advice, Advisor } from "./advice.ts";
import { type Broker, BrokerError, type Compression } from "./broker.ts";
import { openJobSession } from "./job_store.ts";
import { decodeText, jsonDecoder } from "./json/codec.ts";
import { JsonReader } from "./json/reader.ts";
import type { KafkaSecurity } from "./kafka/security.ts";
import {
  checkFrom,
  type DecodingOptions,
  type EncodingOptions,
  jsonEncoder,
  type JsonSinkOptions,
  type JsonSourceOptions,
  recordDecoder,
  recordEncoder,
  type TopicSourceOptions,
} from "./records/record_format.ts";
import { TopicSink } from "./sink.ts";
import { TopicSource } from "./source.ts";
import type { Topic } from "./topic.ts";

/** Which broker is wanted; see the README's table of settings. */
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
export interface OpenBrokerOptions {
  /** Which broker is wanted. */
  readonly settings: BrokerSettings;
  /** Logs which broker was opened, and why. */
  readonly logger: Logger;
  /** Names who speaks in `advice`. */
  readonly jobName?: string;
  /** What the job's person can do about topics that are missing or give nothing; left out, it is not said. */
  readonly advice?: Advice;
  /** Replication factor of the topics that are created for jobs; left out: three, or as many as there are brokers. */
  readonly replicas?: number | undefined;
  /** How sinks compress that do not set it themselves; default "none". */
  readonly compression?: Compression | undefined;
}

/**
 * Opens the broker that the settings ask for, and logs which one and why.
 *
 * Servers that are named must answer. If none are named, the Redpanda of compose.yaml is used if it answers within a second,
 * else the embedded log.
 *
 * @throws {BrokerError} in one sentence if it cannot be opened
 */
export async function openBroker(options: OpenBrokerOptions): Promise<OpenBroker> {
  const { settings, logger, jobName = "job", advice, replicas, compression } = options;
  const [port, why] = await choose(settings, logger);
  logger.info(`broker: ${port.description} (${why})`);
  return new OpenBroker(port, { advisor: advice && new Advisor(jobName, advice), replicas, compression });
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

/** An open broker as jobs use it: it keeps their commits and makes their sources and sinks. */
export class OpenBroker implements JobStore, AsyncDisposable {
  /** For tools: the broker itself, with its topics, records and jobs. */
  readonly port: Broker;
  readonly #advisor: Advisor | undefined;
  readonly #sources = new WeakSet<object>();
  readonly #replicas: number | undefined;
  readonly #compression: Compression | undefined;

  /** @internal */
  constructor(
    port: Broker,
    options: Pick<OpenBrokerOptions, "replicas" | "compression"> & { readonly advisor?: Advisor | undefined } = {},
  ) {
    this.port = port;
    this.#advisor = options.advisor;
    this.#replicas = options.replicas;
    this.#compression = options.compression;
  }

  /** For messages: "Kafka at localhost:9092". */
  get description(): string {
    return this.port.description;
  }

  /**
   * The committed records of a topic, checked by its schema. Records that do not fit become dead letters. A tombstone fits a
   * schema that accepts null.
   */
  source<T, K>(topic: Topic<T, K>, options?: JsonSourceOptions): Source<T>;
  /** The results of `decode`, which is called with each whole record: key, value, headers, timestamp, offset; tombstones too. */
  source<T>(topic: string, options: DecodingOptions<T>): Source<T>;
  source<T, K>(
    topic: Topic<T, K> | string,
    options: JsonSourceOptions | DecodingOptions<T> = {},
  ): Source<T> {
    const { from } = options;
    checkFrom(from);
    if (typeof topic === "string") {
      const createDecode = recordDecoder(topic, (options as DecodingOptions<T>).decode);
      return this.#advised(new TopicSource(this.port, { topic, createDecode, from }));
    }
    const { name, schema } = topic;
    const { exactIntegers } = options as JsonSourceOptions;
    const reader = new JsonReader();
    const createDecode = () => jsonDecoder(schema, { reader, exactIntegers });
    return this.#advised(new TopicSource(this.port, { topic: name, createDecode, from }));
  }

  /** The committed values of a topic as UTF-8 text. A value that is not UTF-8 becomes a dead letter. */
  textSource(topic: string, options: TopicSourceOptions = {}): Source<string> {
    return this.source(topic, { ...options, decode: ({ value }) => decodeText(value) });
  }

  /**
   * Writes values as compact JSON under their topic's key. A value that a reader would not get back unchanged, by the topic's
   * schema or by JSON, is refused: what happens to its record is the job's `onError`.
   */
  sink<T, K>(topic: Topic<T, K>, options?: JsonSinkOptions<T>): Sink<T>;
  /** Writes the records that `encode` makes: key, value or tombstone, headers, timestamp and partition. */
  sink<T>(topic: string, options: EncodingOptions<T>): Sink<T>;
  sink<T, K>(topic: Topic<T, K> | string, options: JsonSinkOptions<T> | EncodingOptions<T> = {}): Sink<T> {
    const name = typeof topic === "string" ? topic : topic.name;
    const encode = typeof topic === "string"
      ? recordEncoder(topic, (options as EncodingOptions<T>).encode)
      : jsonEncoder(topic, options as JsonSinkOptions<T>);
    const { compression = this.#compression, mayFeedItself = false } = options;
    const isOfBroker = mayFeedItself ? undefined : (source: Source<unknown>) => this.#sources.has(source);
    const sink = new TopicSink<T>(this.port, this, { topic: name, encode, compression, isOfBroker });
    return this.#advisor?.sink(sink) ?? sink;
  }

  /** Opens a job's state at this broker, when no other instance is active (or rejects, as the request says). */
  openJob(request: JobStoreRequest): Promise<JobSession> {
    return openJobSession(this.port, request, { replicas: this.#replicas });
  }

  /** Closes the broker. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.port.close();
  }

  #advised<T>(source: Source<T>): Source<T> {
    const advised = this.#advisor?.source(source) ?? source;
    this.#sources.add(advised);
    return advised;
  }
}
