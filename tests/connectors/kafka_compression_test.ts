/** What other clients and brokers compress, at a real Kafka: TEST_BOOTSTRAP_SERVERS. */
import { Buffer } from "node:buffer";
import { assertEquals } from "@std/assert";
import type { Broker, BrokerLease, OutgoingRecord } from "../../src/connectors/broker.ts";
import { JobBroker } from "../../src/connectors/mod.ts";
import { StreamExecutionEnvironment } from "../../src/engine/mod.ts";
import { readAll } from "./contract/reading.ts";
import { FOREIGN_BATCHES, foreignRecords } from "./foreign_batches/mod.ts";
import { createTopic, SERVERS, withClient } from "./kafka_rig.ts";

const NAME = SERVERS === undefined ? "kafka (skipped, TEST_BOOTSTRAP_SERVERS is not set or not allowed)" : "kafka";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

for (const { client, compression, bytes } of FOREIGN_BATCHES) {
  test(`fetch() gives the 200 records that ${client} compressed with ${compression}`, async (broker, topic) => {
    await broker.createTopics([{ name: topic, partitions: 1 }]);
    await produceBatch(topic, bytes);
    const [found] = await readAll(broker, topic);
    assertEquals(found!.map(plain), foreignRecords().map(plain));
  });
}

for (const compression of ["gzip", "snappy", "lz4", "zstd"] as const) {
  test(`a job reads its own changelog from a broker that compresses all with ${compression}`, async (broker, job) => {
    await createTopic(`${job}.changelog`, { "cleanup.policy": "compact", "compression.type": compression });
    const entries = Array.from({ length: 100 }, (_, n) => [`key ${n}`, `value ${n} `.repeat(20)] as const);

    const first = await open(broker, job);
    await first.commit({ changes: entries, positions: [] });
    await first.close();

    assertEquals(await broker.readCommit(job), new Map(entries));
    const second = await open(broker, job);
    assertEquals(await second.restore(), new Map(entries));
    await second.close();
    await broker.dropJob(job);
  });
}

for (const [number, compression] of (["none", "gzip", "snappy", "lz4", "zstd"] as const).entries()) {
  test(
    `what a job and producers write with ${compression} lies so in the topic, and reads as ever`,
    async (broker, topic) => {
      await broker.createTopics([{ name: topic, partitions: 1 }]);
      const records = foreignRecords().map((record) => ({ ...record, topic, partition: 0 }));
      const job = `${topic}-job`;

      const lease = await open(broker, job);
      lease.compress(topic, compression);
      for (const record of records.slice(0, 100)) lease.write(record);
      await lease.commit({ changes: [], positions: [] });
      await lease.close();
      const plainProducer = await broker.producer({ compression });
      await plainProducer.send(records.slice(100, 150));
      const transactional = await broker.producer({ compression, transactionalId: topic });
      await transactional.send(records.slice(150));

      const [found] = await readAll(broker, topic);
      assertEquals(found!.map(plain), foreignRecords().map(plain));
      assertEquals(await codecsOf(topic, 201), [number, number, number]);
      await plainProducer.close();
      await transactional.close();
      await broker.dropJob(job);
    },
  );
}

test("a job compresses as its broker was opened, and a sink as it says itself", async (broker, topic) => {
  const plainTopic = `${topic}-plain`;
  await broker.createTopics([topic, plainTopic].map((name) => ({ name, partitions: 1 })));
  const store = new JobBroker(broker, { compression: "zstd" });
  const env = new StreamExecutionEnvironment({ jobName: `${topic}-job`, store, bounded: true });
  const values = env.fromCollection(Array.from({ length: 200 }, (_, n) => `value ${n} `.repeat(5)));
  const encode = (value: string) => ({ value });
  values.sinkTo(store.sink(topic, { encode }));
  values.sinkTo(store.sink(plainTopic, { encode, compression: "none" }));
  await env.execute();

  assertEquals([await codecsOf(topic, 200), await codecsOf(plainTopic, 200)], [[4], [0]]);
  await broker.deleteTopics([plainTopic]);
  await broker.dropJob(`${topic}-job`);
});

test("fetch() reads on where batches are plain, compressed and plain again", async (broker, topic) => {
  await broker.createTopics([{ name: topic, partitions: 1 }]);
  const records = foreignRecords().slice(0, 150).map((record) => ({ ...record, topic, partition: 0 }));
  for (const [index, compression] of (["none", "zstd", "none"] as const).entries()) {
    const producer = await broker.producer({ compression });
    await producer.send(records.slice(50 * index, 50 * (index + 1)));
    await producer.close();
  }
  assertEquals(await codecsOf(topic, 150), [0, 4, 0]);
  assertEquals((await readAll(broker, topic))[0]!.map(plain), foreignRecords().slice(0, 150).map(plain));
});

test("what compressing would make larger is written as it is", async (broker, topic) => {
  await broker.createTopics([{ name: topic, partitions: 1 }]);
  const producer = await broker.producer({ compression: "zstd" });
  await producer.send([{ topic, key: null, value: encoder.encode("short"), timestampMs: 5 }]);
  await producer.close();
  assertEquals(await codecsOf(topic, 1), [0]);
});

/** Kafka's numbers for the codecs of the topic's batches, in their order; marks of transactions left out. */
async function codecsOf(topic: string, end: number): Promise<number[]> {
  const codecs: number[] = [];
  const { ByteReader } = await import("../../src/connectors/kafka/bytes.ts");
  await withClient(async (client) => {
    const connection = await client.node((await client.leaders([topic])).get(topic)![0]!);
    for (let offset = 0; offset < end;) {
      const partitions = [{ partition: 0, fetchOffset: offset, maxBytes: 1 << 20 }];
      const topics = [{ topic, partitions }];
      const args = { isolationLevel: 1, maxWaitTime: 100, minBytes: 1, maxBytes: 1 << 20, topics };
      await connection.send("Fetch", args, {
        decode: (payload, version) => {
          const reader = new ByteReader(payload);
          reader.at = version >= 7 ? 14 : 8; // throttle, error and session; how many topics: one
          reader.string();
          reader.at += 26; // how many partitions, which, error, high watermark, last stable offset
          if (version >= 5) reader.int64();
          for (let aborted = reader.int32(); aborted > 0; aborted--) reader.at += 16;
          if (version >= 11) reader.int32();
          const bytes = reader.take(reader.int32());
          const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
          for (let at = 0; at < bytes.length; at += 12 + view.getInt32(at + 8)) {
            const attributes = view.getInt16(at + 21);
            if ((attributes & 0x20) === 0) codecs.push(attributes & 7);
            offset = Number(view.getBigInt64(at)) + view.getInt32(at + 23) + 1;
          }
          return { clientSideThrottleTime: 0 };
        },
      });
    }
  });
  return codecs;
}

/** As a client sends it, in its own bytes. */
async function produceBatch(topic: string, batch: Uint8Array): Promise<void> {
  await withClient(async (client) => {
    await client.leaders([topic]);
    const connection = await client.any();
    const { topics } = await connection.send("Produce", { acks: -1, timeout: 5_000, topicData: [] }, {
      encode: () => produceBody(topic, batch),
    });
    assertEquals(topics[0]!.partitions[0]!.errorCode, 0);
  });
}

/** A produce request, version 3 to 7, with one batch for partition 0. */
function produceBody(topic: string, batch: Uint8Array): { buf: Buffer; buffer: Buffer } {
  const head = Buffer.alloc(2 + 2 + 4 + 4 + 2 + topic.length + 4 + 4 + 4);
  head.writeInt16BE(-1, 0); // no transaction
  head.writeInt16BE(-1, 2); // all replicas
  head.writeInt32BE(5_000, 4);
  head.writeInt32BE(1, 8);
  head.writeInt16BE(topic.length, 12);
  head.write(topic, 14);
  head.writeInt32BE(1, 14 + topic.length);
  head.writeInt32BE(0, 18 + topic.length);
  head.writeInt32BE(batch.length, 22 + topic.length);
  const buffer = Buffer.concat([head, batch]);
  return { buf: buffer, buffer };
}

async function open(broker: Broker, job: string): Promise<BrokerLease> {
  return await broker.openJob({
    job,
    topics: [],
    sessionTimeoutMs: 6_000,
    exactlyOnce: true,
    whenActive: "stand by",
    onStandby: () => {},
    signal: new AbortController().signal,
  });
}

function plain({ key, value, timestampMs, headers }: Omit<OutgoingRecord, "topic">): unknown {
  const text = (bytes: Uint8Array | null) => bytes && decoder.decode(bytes);
  return [text(key), text(value), timestampMs, headers?.map(([name, bytes]) => [name, text(bytes)])];
}

/** @param body is given an open broker and a name that nobody has used before, whose topic it may leave behind */
function test(promise: string, body: (broker: Broker, name: string) => Promise<void>): void {
  Deno.test({
    name: `${NAME}: ${promise}`,
    ignore: SERVERS === undefined,
    async fn() {
      // kafkajs reads the environment when it is loaded.
      const { openKafkaBroker } = await import("../../src/connectors/kafka/mod.ts");
      await using broker = await openKafkaBroker({ brokers: SERVERS!, log: () => {} });
      const name = `compression-${crypto.randomUUID()}`;
      await body(broker, name);
      if ((await broker.listTopics()).includes(name)) await broker.deleteTopics([name]);
    },
  });
}
