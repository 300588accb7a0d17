/** What a client of Kafka knows of the cluster, while others make it forget, and while a broker answers with errors. */
import { assertEquals } from "@std/assert";
import type { Address } from "../../src/connectors/kafka/address.ts";
import type { Connection } from "../../src/connectors/kafka/connection.ts";
import type { MetadataAnswer } from "../../src/connectors/kafka/protocol.ts";
import { WireProxy } from "../../chaos/wire/mod.ts";
import { newClient, testWithKafka } from "./kafka_client.ts";

testWithKafka("leaders() gives those of a topic that is forgotten while it asks for another", async (servers) => {
  // kafkajs reads the environment when it is loaded.
  const { openKafkaBroker } = await import("../../src/connectors/kafka/mod.ts");
  const client = await newClient(servers);
  const broker = await openKafkaBroker({ brokers: [servers], log: () => {} });
  const [known, other] = ["known", "other"].map((name) => `client-test-${crypto.randomUUID().slice(0, 8)}-${name}`);
  try {
    await broker.createTopics([{ name: known!, partitions: 2 }, { name: other!, partitions: 1 }]);
    const before = (await client.leaders([known!])).get(known!);
    const asking = client.leaders([known!, other!]);
    client.forgetTopic(known!);
    assertEquals([...(await asking)].map(([topic, { length }]) => [topic, length]), [[known, 2], [other, 1]]);
    assertEquals((await client.leaders([known!])).get(known!), before);
  } finally {
    await broker.deleteTopics([known!, other!]);
    await broker.close();
    await client.close();
  }
});

testWithKafka(
  "an error in the answer about a topic does not make it missing, nor its settings unknown",
  async (servers) => {
    const { openKafkaBroker } = await import("../../src/connectors/kafka/mod.ts");
    const { topicSetting } = await import("../../src/connectors/kafka/topics.ts");
    await using proxy = await WireProxy.start(servers);
    const broker = await openKafkaBroker({ brokers: proxy.bootstrapServers.split(","), log: () => {} });
    const client = await newClient(proxy.bootstrapServers);
    const topic = `client-test-${crypto.randomUUID().slice(0, 8)}`;
    try {
      await broker.createTopics([{ name: topic, partitions: 1, compacted: true }]);
      const then = { error: -1, at: "after", partitions: (name: string) => name === topic } as const;
      const listed = proxy.add({ api: "Metadata", times: 2, then });
      assertEquals((await broker.listTopics()).includes(topic), true);
      const described = proxy.add({ api: "DescribeConfigs", times: 2, then: { error: -1, at: "after" } });
      assertEquals(await topicSetting(client, topic, "cleanup.policy"), "compact");
      assertEquals([listed.hits, described.hits], [2, 2]);
    } finally {
      await broker.deleteTopics([topic]);
      await broker.close();
      await client.close();
    }
  },
);

const mayLoad = Deno.permissions.querySync({ name: "env" }).state === "granted";

/** A cluster of two nodes that differ in who leads the topic, with answers that a test gives. */
async function twoNodes() {
  const { Client } = await import("../../src/connectors/kafka/client.ts");
  const nodes = [{ nodeId: 1, host: "a", port: 1 }, { nodeId: 2, host: "b", port: 2 }];
  const asked: string[] = [];
  const silentMs: Record<string, number> = {};
  const waiting: Record<string, (() => void)[]> = {};
  const open = (address: Address): Promise<Connection> => {
    const { host } = address;
    const partitionMetadata = [{
      partitionErrorCode: 0,
      partitionId: 0,
      leader: host === "a" ? 1 : 2,
      replicas: [1, 2],
    }];
    const answer: MetadataAnswer = {
      brokers: nodes,
      controllerId: 1,
      topicMetadata: [{ topicErrorCode: 0, topic: "t", isInternal: false, partitionMetadata }],
    };
    const connection = {
      address,
      isOpen: true,
      get silentMs() {
        return silentMs[host] ?? 0;
      },
      send: async () => {
        asked.push(host);
        await new Promise<void>((resolve) => waiting[host] === undefined ? resolve() : waiting[host].push(resolve));
        return answer;
      },
      close: () => Promise.resolve(),
    };
    return Promise.resolve(connection as unknown as Connection);
  };
  const settings = { bootstrap: [nodes[0]!], clientId: "test", connectTimeoutMs: 1_000, log: () => {} };
  return { client: new Client({ ...settings, open }), asked, silentMs, waiting };
}

Deno.test({
  name: "any() leaves a node alone that owes an answer, as long as another one answers",
  ignore: !mayLoad,
  async fn() {
    const { client, silentMs } = await twoNodes();
    await client.metadata([]);
    assertEquals((await client.any()).address.host, "a");
    silentMs.a = 2_000;
    assertEquals((await client.any()).address.host, "b");
    silentMs.b = 2_000;
    assertEquals((await client.any()).address.host, "a"); // there is no other
  },
});

Deno.test({
  name: "metadata() asks another node when one took long: it may have been frozen, and believe that it leads still",
  ignore: !mayLoad,
  async fn() {
    const { client, asked, waiting } = await twoNodes();
    assertEquals((await client.leaders(["t"])).get("t"), [1]);
    client.forgetTopic("t");
    waiting.a = [];
    const asking = client.leaders(["t"]);
    const { now } = performance;
    try {
      while (waiting.a.length === 0) await Promise.resolve();
      performance.now = () => now.call(performance) + 7_000;
      waiting.a[0]!();
      assertEquals((await asking).get("t"), [2]);
    } finally {
      performance.now = now;
    }
    assertEquals(asked, ["a", "a", "b"]);
  },
});
