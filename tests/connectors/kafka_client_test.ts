/** What a client of Kafka knows of the cluster, while others make it forget. */
import { assertEquals } from "@std/assert";

const allowed = (["net", "env"] as const).every((name) => Deno.permissions.querySync({ name }).state === "granted");
const servers = allowed ? Deno.env.get("TEST_BOOTSTRAP_SERVERS") : undefined;

Deno.test({
  name: `kafka: leaders() gives those of a topic that is forgotten while it asks for another${
    servers === undefined ? " (skipped: no TEST_BOOTSTRAP_SERVERS)" : ""
  }`,
  ignore: servers === undefined,
  fn: async () => {
    // kafkajs reads the environment when it is loaded.
    const { openKafkaBroker } = await import("../../src/connectors/kafka/mod.ts");
    const { Client } = await import("../../src/connectors/kafka/client.ts");
    const [host, port] = servers!.split(":") as [string, string];
    const client = new Client({
      bootstrap: [{ host, port: Number(port) }],
      clientId: "test",
      connectTimeoutMs: 5_000,
      log: () => {},
    });
    const broker = await openKafkaBroker({ brokers: [servers!], log: () => {} });
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
  },
});
