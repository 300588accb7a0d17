/** What tests do at a Kafka below the broker port. */
import { assertEquals } from "@std/assert";
import type { Client } from "../../src/connectors/kafka/client.ts";

/** The Kafka of this run; undefined where there is none, or this process may not ask. */
export const SERVERS: readonly string[] | undefined =
  ["net", "env"].every((name) => Deno.permissions.querySync({ name } as Deno.PermissionDescriptor).state === "granted")
    ? Deno.env.get("TEST_BOOTSTRAP_SERVERS")?.split(",")
    : undefined;

/** Connections and requests. kafkajs reads the environment when it is loaded, so only here. */
export async function withClient(use: (client: Client) => Promise<void>): Promise<void> {
  const { Client } = await import("../../src/connectors/kafka/client.ts");
  const bootstrap = SERVERS!.map((server) => ({ host: server.split(":")[0]!, port: Number(server.split(":")[1]) }));
  const client = new Client({ bootstrap, clientId: "test", connectTimeoutMs: 5_000, log: () => {} });
  try {
    await use(client);
  } finally {
    await client.close();
  }
}

/** A topic of one partition with settings that `Broker.createTopics()` has no words for. */
export async function createTopic(topic: string, settings: Readonly<Record<string, string>>): Promise<void> {
  await withClient(async (client) => {
    const connection = await client.controller();
    const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
    const topics = [{ topic, numPartitions: 1, replicationFactor: -1, configEntries }];
    const { topicErrors } = await connection.send("CreateTopics", { topics, validateOnly: false, timeout: 5_000 });
    assertEquals(topicErrors.map(({ errorCode }) => errorCode), [0]);
    const { untilReady } = await import("../../src/connectors/kafka/create_topics.ts");
    await untilReady(client, [topic]);
  });
}
