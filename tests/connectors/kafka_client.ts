import type { Client } from "../../src/connectors/kafka/client.ts";

const allowed = (["net", "env"] as const).every((name) => Deno.permissions.querySync({ name }).state === "granted");

/** "localhost:9092" of the Kafka for tests, if there is one. */
export const servers = allowed ? Deno.env.get("TEST_BOOTSTRAP_SERVERS") : undefined;

/** Registers a test that needs a Kafka. */
export function testWithKafka(name: string, fn: (servers: string) => Promise<void>): void {
  Deno.test({
    name: `kafka: ${name}${servers === undefined ? " (skipped: no TEST_BOOTSTRAP_SERVERS)" : ""}`,
    ignore: servers === undefined,
    fn: () => fn(servers!),
  });
}

/** kafkajs reads the environment when it is loaded: not before a test wants it. */
export async function newClient(servers: string): Promise<Client> {
  const { Client } = await import("../../src/connectors/kafka/client.ts");
  const [host, port] = servers.split(":") as [string, string];
  return new Client({
    bootstrap: [{ host, port: Number(port) }],
    clientId: "test",
    connectTimeoutMs: 5_000,
    log: () => {},
  });
}
