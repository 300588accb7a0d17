/** A commit whose request is held up on its way, at a real Kafka: a proxy keeps it until a later transaction has begun. */
import { assertEquals, assertRejects } from "@std/assert";
import { REDPANDA_VERSIONS, WireProxy } from "../../chaos/wire/mod.ts";
import type { Broker, BrokerLease, OutgoingRecord } from "../../src/connectors/broker.ts";
import { BrokerUnavailableError } from "../../src/connectors/broker_errors.ts";
import { readAll } from "../connectors/contract/reading.ts";
import { testWithKafka } from "../connectors/kafka_client.ts";
import { later } from "../later.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
/** What brokers offered before Kafka 4. */
const OLD = { versions: REDPANDA_VERSIONS };

interface Stage {
  readonly proxy: WireProxy;
  readonly broker: Broker;
  readonly job: string;
  readonly topic: string;
  /** Versions of the EndTxn that came, in their order. */
  readonly ends: number[];
}

async function withStage(
  servers: string,
  options: Parameters<typeof WireProxy.start>[1],
  run: (stage: Stage) => Promise<void>,
): Promise<void> {
  // kafkajs reads the environment when it is loaded.
  const { openKafkaBroker } = await import("../../src/connectors/kafka/mod.ts");
  await using proxy = await WireProxy.start(servers, options);
  const ends: number[] = [];
  proxy.add({ api: "EndTxn", where: ({ version }) => ends.push(version) < 0, then: { hold: "request" } });
  await using broker = await openKafkaBroker({ brokers: proxy.bootstrapServers.split(","), log: () => {} });
  const job = `late-test-${crypto.randomUUID().slice(0, 8)}`;
  const topic = `${job}-out`;
  await broker.createTopics([{ name: topic, partitions: 1 }]);
  try {
    await run({ proxy, broker, job, topic, ends });
  } finally {
    await broker.dropJob(job);
    await broker.deleteTopics([topic]);
  }
}

function openLease({ broker, job }: Stage): Promise<BrokerLease> {
  return broker.openJob({
    job,
    topics: [],
    sessionTimeoutMs: 6_000,
    exactlyOnce: true,
    whenActive: "stand by",
    onStandby: () => {},
    signal: new AbortController().signal,
  });
}

function write(lease: BrokerLease, topic: string, round: number): void {
  const record: OutgoingRecord = {
    topic,
    key: null,
    value: encoder.encode(String(round)),
    timestampMs: round,
    partition: 0,
  };
  lease.write(record);
}

function noted(round: number) {
  return { changes: new Map([["round", String(round)]]), positions: [] };
}

async function valuesOf({ broker, topic }: Stage): Promise<string[]> {
  return (await readAll(broker, topic)).flat().map(({ value }) => decoder.decode(value!));
}

testWithKafka("a commit that is held up ends the lease, and commits nothing when it arrives", async (servers) => {
  await withStage(servers, OLD, async (stage) => {
    const { proxy, topic, ends } = stage;
    const first = await openLease(stage);
    write(first, topic, 1);
    await first.commit(noted(1));
    const held = proxy.add({ api: "EndTxn", times: 1, then: { hold: "request" } });
    write(first, topic, 2);
    const committing = later(first.commit(noted(2)));
    await held.next();
    proxy.drop();
    await assertRejects(() => committing, BrokerUnavailableError, "whether it was done is not known");
    await first.close();

    const second = await openLease(stage);
    assertEquals((await second.restore()).get("round"), "1");
    write(second, topic, 2);
    await second.flush();
    await held.release(); // amid a later transaction
    assertEquals(await valuesOf(stage), ["1"]);
    write(second, topic, 3);
    await second.commit(noted(3));
    await second.close();
    assertEquals(await valuesOf(stage), ["1", "2", "3"]);
    // Of three commits and what the second lease began with; the held one is among them.
    assertEquals(ends, [1, 1, 1, 1]);
  });
});

testWithKafka("Kafka 4: a commit that is held up is asked for again, and refused when it arrives", async (servers) => {
  await withStage(servers, {}, async (stage) => {
    const { proxy, topic, ends } = stage;
    const lease = await openLease(stage);
    write(lease, topic, 1);
    await lease.commit(noted(1));
    const held = proxy.add({ api: "EndTxn", times: 1, then: { hold: "request" } });
    write(lease, topic, 2);
    const committing = later(lease.commit(noted(2)));
    await held.next();
    proxy.drop();
    await committing;
    write(lease, topic, 3);
    await lease.flush();
    await held.release();
    assertEquals(await valuesOf(stage), ["1", "2"]);
    write(lease, topic, 4);
    await lease.commit(noted(4));
    await lease.close();
    assertEquals(await valuesOf(stage), ["1", "2", "3", "4"]);
    assertEquals(ends, [5, 5, 5, 5]);
  });
});

testWithKafka(
  "a commit that is answered with -1, done or not, is made once, and another epoch follows",
  async (servers) => {
    for (const at of ["before", "after"] as const) {
      for (const options of [OLD, {}]) {
        await withStage(servers, options, async (stage) => {
          const { proxy, topic } = stage;
          const lease = await openLease(stage);
          let epochs = 0;
          proxy.add({ api: "InitProducerId", where: () => epochs++ < 0, then: { hold: "request" } });
          const hiccups = proxy.add({ api: "EndTxn", every: 3, then: { error: -1, at } });
          const rounds = Array.from({ length: 8 }, (_, index) => String(index + 1));
          for (const round of rounds) {
            write(lease, topic, Number(round));
            await lease.commit(noted(Number(round)));
          }
          await lease.close();
          assertEquals(await valuesOf(stage), rounds);
          assertEquals([hiccups.hits > 2, epochs > 2], [true, options === OLD]);
        });
      }
    }
  },
);

testWithKafka(
  "what a job has committed is seen when it has ended, and a producer's transaction when it is sent",
  async (servers) => {
    for (const options of [OLD, {}]) {
      await withStage(servers, options, async (stage) => {
        const { broker, topic, job } = stage;
        for (let round = 1; round <= 5; round++) {
          const lease = await openLease(stage);
          write(lease, topic, round);
          await lease.commit(noted(round));
          await lease.close();
          assertEquals((await valuesOf(stage)).length, round);
        }
        const producer = await broker.producer({ transactionalId: `${job}-tool` });
        for (let round = 6; round <= 9; round++) {
          await producer.send([{
            topic,
            key: null,
            value: encoder.encode(String(round)),
            timestampMs: 0,
            partition: 0,
          }]);
          assertEquals((await valuesOf(stage)).length, round);
        }
        await producer.close();
      });
    }
  },
);

testWithKafka("a topic that is made anew outlives the late request that deleted its predecessor", async (servers) => {
  const { openKafkaBroker } = await import("../../src/connectors/kafka/mod.ts");
  await using proxy = await WireProxy.start(servers);
  await using broker = await openKafkaBroker({ brokers: proxy.bootstrapServers.split(","), log: () => {} });
  const name = `late-test-${crypto.randomUUID().slice(0, 8)}`;
  await broker.createTopics([{ name, partitions: 1 }]);
  const held = proxy.add({ api: "DeleteTopics", times: 1, then: { hold: "request" } });
  const deleting = broker.deleteTopics([name]);
  await held.next();
  proxy.drop();
  await deleting; // asked again on another connection
  await broker.createTopics([{ name, partitions: 2 }]);
  await held.release();
  assertEquals((await broker.describeTopics([name]))[0]!.endOffsets, [0, 0]);
  await broker.deleteTopics([name]);
});
