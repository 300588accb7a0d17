/** What a client of Kafka knows of the cluster, while others make it forget, and while a broker answers with errors. */
import { assertEquals } from "@std/assert";
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
