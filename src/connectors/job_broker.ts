import { parseFollowRequest } from "../engine/internal.ts";
import type {
  FollowReport,
  FollowRequest,
  JobRequest,
  JobSession,
  JobStatus,
  JobStore,
  Sink,
  Source,
} from "../engine/mod.ts";
import type { Broker, Compression } from "./broker.ts";
import { openJobSession } from "./job_store.ts";
import { decodeText, jsonDecoder } from "./json/codec.ts";
import { describeProcess } from "./describe_process.ts";
import { jsonEncoder } from "./json/encoder.ts";
import { JsonReader } from "./json/reader.ts";
import {
  checkFrom,
  type DecodingOptions,
  type EncodingOptions,
  type JsonSinkOptions,
  type JsonSourceOptions,
  recordDecoder,
  recordEncoder,
  type TopicSourceOptions,
} from "./records/record_format.ts";
import { TopicSink } from "./sink.ts";
import { TopicSource } from "./source.ts";
import type { StartupHinter } from "./startup_hints.ts";
import type { Topic } from "./topic.ts";

/** What the jobs of a broker have in common. */
export interface JobBrokerOptions {
  /** Replication factor of the topics that are created for jobs; left out: three, or as many as there are brokers. */
  readonly replicas?: number | undefined;
  /** How sinks compress that do not set it themselves; default "none". */
  readonly compression?: Compression | undefined;
  /** Logs hints while a job's topics are missing or without records; left out: no hints. */
  readonly hinter?: StartupHinter | undefined;
}

/** An open broker as jobs use it: it keeps their commits and makes their sources and sinks. */
export class JobBroker implements JobStore, AsyncDisposable {
  /** For tools: the broker itself, with its topics, records and jobs. */
  readonly port: Broker;
  readonly #hinter: StartupHinter | undefined;
  readonly #sources = new WeakSet<object>();
  readonly #replicas: number | undefined;
  readonly #compression: Compression | undefined;

  /** @internal */
  constructor(
    port: Broker,
    options: JobBrokerOptions = {},
  ) {
    this.port = port;
    this.#hinter = options.hinter;
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
      return this.#watched(new TopicSource(this.port, { topic, createDecode, from }));
    }
    const { name, schema } = topic;
    const { exactIntegers } = options as JsonSourceOptions;
    const reader = new JsonReader(schema);
    const createDecode = () => jsonDecoder(schema, { reader, exactIntegers });
    return this.#watched(new TopicSource(this.port, { topic: name, createDecode, from }));
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
    return this.#hinter?.sink(sink) ?? sink;
  }

  /** Opens a job's state at this broker, when no other instance is active (or rejects, as the request says). */
  openJob(request: JobRequest): Promise<JobSession> {
    return openJobSession(this.port, request, { replicas: this.#replicas });
  }

  /** Keeps what an instance of a job reports of itself, and where it runs, for `deno task jobs`. */
  async reportStatus(status: JobStatus): Promise<void> {
    const { job, instance, atMs } = status;
    const text = JSON.stringify({ ...status, process: describeProcess() });
    await this.port.reportStatus?.({ job, instance, atMs, text });
  }

  /** What somebody asks all jobs to follow. */
  async followRequests(): Promise<FollowRequest[]> {
    const notes = await this.port.notes?.("requests") ?? [];
    return notes.flatMap(({ text }) => parseFollowRequest(text) ?? []);
  }

  /** Keeps what an instance has seen of a request, for whoever has made it. */
  async reportFollowed(report: FollowReport): Promise<void> {
    const { request, instance, atMs } = report;
    await this.port.keepNote?.("traces", { key: `${request}/${instance}`, atMs, text: JSON.stringify(report) });
  }

  /** Closes the broker. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.port.close();
  }

  #watched<T>(source: Source<T>): Source<T> {
    const watched = this.#hinter?.source(source) ?? source;
    this.#sources.add(watched);
    return watched;
  }
}
