import type { Broker, OutgoingRecord } from "../src/connectors/broker.ts";
import { type OpenBroker, openBroker } from "../src/connectors/mod.ts";
import type { Topic } from "../src/connectors/mod.ts";
import { SILENT, StreamExecutionEnvironment, WatermarkStrategy } from "../src/engine/mod.ts";
import { FLIGHTDATA, SKYONE, SUNSET, USERSTATISTICS } from "../src/models.ts";
import { defineWorkflow as defineS16 } from "../src/s16_merge.ts";
import { defineWorkflow as defineS20 } from "../src/s20_manage_state.ts";
import { brokerSettings } from "../src/utils.ts";
import type { Job } from "./bench.ts";
import { bookingTopics, flightTopics, NOW_MS } from "./data.ts";
import type { Topics } from "./memory_broker.ts";

/** Records in per second of a bounded run, start to committed end, in a new folder each round. */
export async function overEmbedded(job: Job, records: number, rounds: number): Promise<number[]> {
  const dir = await Deno.makeTempDir();
  try {
    await using broker = await openBroker({ settings: { broker: "embedded", dir, sync: "normal" }, logger: SILENT });
    return await measure(broker, job, records, rounds);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** Likewise over the Kafka of BOOTSTRAP_SERVERS or of compose.yaml, in topics of its own; null where none answers. */
export async function overKafka(job: Job, records: number, rounds: number): Promise<number[] | null> {
  const settings = brokerSettings();
  if (settings.broker === "embedded") return null;
  const dir = await Deno.makeTempDir();
  try {
    await using broker = await openBroker({ settings: { ...settings, dir }, logger: SILENT });
    return broker.port.kind === "kafka" ? await measure(broker, job, records, rounds) : null;
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function measure(broker: OpenBroker, job: Job, records: number, rounds: number): Promise<number[]> {
  const inputs = job === "s16" ? bookingTopics(records) : flightTopics(records);
  const names = job === "s16" ? [SKYONE, SUNSET, FLIGHTDATA] : [FLIGHTDATA, USERSTATISTICS];
  const jobName = `bench_${job}`;
  const topics = names.map(({ name }) => ({ name: `bench.${name}`, partitions: 5 }));
  const rates: number[] = [];
  // The first round warms up.
  for (let round = 0; round <= rounds; round++) {
    await removeAll(broker.port, topics.map(({ name }) => name));
    await broker.port.createTopics(topics);
    await fill(broker.port, inputs);
    const start = performance.now();
    await runJob(broker, job, jobName);
    if (round > 0) rates.push(records / ((performance.now() - start) / 1000));
  }
  await removeAll(broker.port, topics.map(({ name }) => name));
  return rates;
}

async function runJob(broker: OpenBroker, job: Job, jobName: string): Promise<void> {
  const env = new StreamExecutionEnvironment({ jobName, store: broker, from: "earliest", bounded: true });
  const source = <T, K>(topic: Topic<T, K>, strategy: WatermarkStrategy<T>) =>
    env.fromSource(broker.source(benched(topic)), strategy, topic.name);
  if (job === "s16") {
    const none = WatermarkStrategy.noWatermarks();
    defineS16(source(SKYONE, none), source(SUNSET, none), () => NOW_MS).sinkTo(broker.sink(benched(FLIGHTDATA)));
  } else {
    defineS20(source(FLIGHTDATA, WatermarkStrategy.forMonotonousTimestamps())).sinkTo(
      broker.sink(benched(USERSTATISTICS)),
    );
  }
  await env.execute();
}

/** The same topic under a name that is nobody else's. */
function benched<T, K>(topic: Topic<T, K>): Topic<T, K> {
  return { ...topic, name: `bench.${topic.name}` };
}

async function fill(port: Broker, topics: Topics): Promise<void> {
  const producer = await port.producer();
  for (const [name, partitions] of topics) {
    for (const [partition, records] of partitions.entries()) {
      for (let i = 0; i < records.length; i += 1_000) {
        const batch: OutgoingRecord[] = records.slice(i, i + 1_000)
          .map(({ timestampMs, key, value }) => ({ topic: `bench.${name}`, partition, timestampMs, key, value }));
        await producer.send(batch);
      }
    }
  }
  await producer.close();
}

async function removeAll(port: Broker, topics: readonly string[]): Promise<void> {
  const there = new Set(await port.listTopics());
  const mine = topics.filter((name) => there.has(name));
  if (mine.length === 0) return;
  for (const { job: reader } of await port.jobsReading(mine)) await port.dropJob(reader);
  await port.deleteTopics(mine);
}
