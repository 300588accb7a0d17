/** Jobs in situations that the dashboard has to explain: real ones, at a real broker, in this process. */
import type { Broker } from "../../src/connectors/broker.ts";
import { JobBroker } from "../../src/connectors/mod.ts";
import {
  AsyncDataStream,
  type DataStream,
  type EnvironmentOptions,
  SILENT,
  StreamExecutionEnvironment,
  Time,
  TumblingEventTimeWindows,
  WatermarkStrategy,
} from "../../src/engine/mod.ts";

const encoder = new TextEncoder();

/** How a job of a {@link Stage} is described and run. */
export interface StagedJob extends Partial<EnvironmentOptions> {
  readonly job: string;
  readonly topic: string;
  readonly out: string;
  /** What it does with the texts of its topic; default: nothing. */
  readonly does?: (texts: DataStream<string>) => DataStream<string>;
}

/** Topics and jobs at a broker; all of it ends with the stage. */
export class Stage implements AsyncDisposable {
  readonly broker: Broker;
  readonly #end = new AbortController();
  readonly #running: Promise<unknown>[] = [];
  readonly #jobs: string[] = [];
  readonly #topics: string[] = [];

  constructor(broker: Broker) {
    this.broker = broker;
  }

  /** Creates a topic; it goes with the stage. */
  async topic(name: string, partitions = 1): Promise<string> {
    await this.broker.createTopics([{ name, partitions }]);
    this.#topics.push(name);
    return name;
  }

  /** Writes texts, each with its key as the part before the first blank. */
  async write(
    topic: string,
    texts: readonly string[],
    options: { readonly timestampMs?: number; readonly partition?: number } = {},
  ): Promise<void> {
    const { timestampMs = Date.now(), partition } = options;
    const producer = await this.broker.producer();
    await producer.send(texts.map((text) => ({
      topic,
      key: encoder.encode(text.split(" ", 1)[0]),
      value: encoder.encode(text),
      timestampMs,
      ...partition !== undefined && { partition },
    })));
    await producer.close();
  }

  /** All committed texts of a topic. Offsets do not count them: on Kafka the ends of transactions have some too. */
  async read(topic: string): Promise<string[]> {
    const env = new StreamExecutionEnvironment({ from: "earliest", bounded: true, logger: SILENT });
    const source = new JobBroker(this.broker).textSource(topic);
    return await env.fromSource(source, WatermarkStrategy.noWatermarks(), "texts").executeAndCollect();
  }

  /** Runs a job until the stage ends, or it fails. */
  run({ job, topic, out, does = (texts) => texts, ...options }: StagedJob): void {
    const store = new JobBroker(this.broker);
    const env = new StreamExecutionEnvironment({
      jobName: job,
      store,
      from: "earliest",
      logger: SILENT,
      signal: this.#end.signal,
      commitIntervalMs: 200,
      statusIntervalMs: 250,
      ...options,
    });
    const texts = env.fromSource(store.textSource(topic), WatermarkStrategy.forMonotonousTimestamps(), "texts");
    does(texts).sinkTo(store.sink(out, { encode: (value) => ({ value }) })).name("results");
    this.#jobs.push(job);
    this.#running.push(env.execute().catch(() => {}));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    await Promise.all(this.#running);
    for (const job of this.#jobs) await this.broker.dropJob(job);
    const there = new Set(await this.broker.listTopics());
    await this.broker.deleteTopics(this.#topics.filter((name) => there.has(name)));
  }
}

/** Counts texts by their first word, a second at a time. */
export function countPerSecond(texts: DataStream<string>): DataStream<string> {
  return texts.map((text) => ({ word: text.split(" ", 1)[0]!, n: 1 })).name("words")
    .keyBy(({ word }) => word).window(TumblingEventTimeWindows.of(Time.seconds(1)))
    .reduce((a, b) => ({ word: a.word, n: a.n + b.n })).name("counts")
    .map(({ word, n }) => `${word} ${n}`).name("lines");
}

/** Asks somebody who never answers. */
export function askForEver(texts: DataStream<string>): DataStream<string> {
  const silent = () => new Promise<readonly string[]>(() => {});
  return AsyncDataStream.unorderedWait(texts, silent, { timeoutMs: Time.hours(1) }).name("lookup");
}
