/** What a client of Kafka knows of the cluster, while others make it forget. */
import { assertEquals } from "@std/assert";
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
