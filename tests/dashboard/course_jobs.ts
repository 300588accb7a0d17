/** The course's two jobs in this process, on topics of their own, as quick as a test wants them. */
import type { Broker } from "../../src/connectors/broker.ts";
import { JobBroker } from "../../src/connectors/mod.ts";
import { SILENT, StreamExecutionEnvironment, WatermarkStrategy } from "../../src/engine/mod.ts";
import { FLIGHTDATA, SKYONE, SUNSET, type Topic, USERSTATISTICS } from "../../src/models.ts";
import { defineWorkflow as defineImporter } from "../../src/s16_merge.ts";
import { defineWorkflow as defineStatistics } from "../../src/s20_manage_state.ts";

const encoder = new TextEncoder();

/** A record as a test writes it. */
export interface Written {
  readonly partition?: number;
  readonly timestampMs: number;
  readonly key: unknown;
  /** A text as it is, anything else as JSON. */
  readonly value: unknown;
  readonly headers?: readonly (readonly [string, string])[];
}

/** Topics and jobs at a broker; all of it ends with the object. */
export class CourseJobs implements AsyncDisposable {
  readonly broker: Broker;
  readonly names: Readonly<
    Record<"skyone" | "sunset" | "flightdata" | "userstatistics" | "importer" | "statistics", string>
  >;
  readonly #end = new AbortController();
  #running: Promise<unknown>[] = [];

  /** @param name a name that nobody else uses */
  constructor(broker: Broker, name: (word: string) => string) {
    this.broker = broker;
    const words = ["skyone", "sunset", "flightdata", "importer", "statistics"] as const;
    const names = Object.fromEntries(words.map((word) => [word, name(word)])) as Record<typeof words[number], string>;
    // The page Travellers knows such topics by the end of their names.
    this.names = { ...names, userstatistics: `${name("test")}.userstatistics` };
  }

  get topics(): string[] {
    const { skyone, sunset, flightdata, userstatistics } = this.names;
    return [skyone, sunset, flightdata, userstatistics];
  }

  async createTopics(): Promise<void> {
    await this.broker.createTopics(this.topics.map((name) => ({ name, partitions: 2 })));
  }

  async write(topic: string, records: readonly Written[]): Promise<void> {
    const producer = await this.broker.producer();
    await producer.send(records.map(({ partition = 0, timestampMs, key, value, headers }) => ({
      topic,
      partition,
      timestampMs,
      key: key === null ? null : encoder.encode(typeof key === "string" ? key : JSON.stringify(key)),
      value: encoder.encode(typeof value === "string" ? value : JSON.stringify(value)),
      ...headers !== undefined && { headers: headers.map(([name, text]) => [name, encoder.encode(text)] as const) },
    })));
    await producer.close();
  }

  /** Starts both. @param now of "still to land", ms */
  start(now: () => number): void {
    const { names } = this;
    const importer = this.#environment(names.importer);
    const statistics = this.#environment(names.statistics);
    const source = <T, K>({ env, store }: typeof importer, topic: Topic<T, K>, strategy: WatermarkStrategy<T>) =>
      env.fromSource(store.source(topic), strategy, `${topic.name}_source`);
    defineImporter(
      source(importer, named(SKYONE, names.skyone), WatermarkStrategy.noWatermarks()),
      source(importer, named(SUNSET, names.sunset), WatermarkStrategy.noWatermarks()),
      now,
    ).sinkTo(importer.store.sink(named(FLIGHTDATA, names.flightdata))).name("flightdata_sink");
    defineStatistics(
      source(statistics, named(FLIGHTDATA, names.flightdata), WatermarkStrategy.forMonotonousTimestamps()),
      10_000,
    ).sinkTo(statistics.store.sink(named(USERSTATISTICS, names.userstatistics))).name("userstatistics_sink");
    this.#running = [importer, statistics].map(({ env }) => env.execute().catch(() => {}));
  }

  #environment(jobName: string) {
    const store = new JobBroker(this.broker);
    const env = new StreamExecutionEnvironment({
      jobName,
      store,
      from: "earliest",
      logger: SILENT,
      signal: this.#end.signal,
      idleMs: 500,
      commitIntervalMs: 200,
      statusIntervalMs: 250,
    });
    return { env, store };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    await Promise.all(this.#running);
    for (const job of [this.names.importer, this.names.statistics]) await this.broker.dropJob(job);
    const there = new Set(await this.broker.listTopics());
    await this.broker.deleteTopics(this.topics.filter((name) => there.has(name)));
  }
}

function named<T, K>(topic: Topic<T, K>, name: string): Topic<T, K> {
  return { ...topic, name };
}
