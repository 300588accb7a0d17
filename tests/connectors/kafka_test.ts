import { testBrokerContract } from "./broker_contract.ts";
const servers = Deno.env.get("TEST_BOOTSTRAP_SERVERS");
const log = (level: string, message: string) => { if (Deno.env.get("V")) Deno.stderr.writeSync(new TextEncoder().encode(`${level} ${message}\n`)); };
async function open() {
  const { openKafkaBroker } = await import("../../src/connectors/kafka/mod.ts");
  return await openKafkaBroker({ brokers: servers!.split(","), log });
}
testBrokerContract("kafka", open, {
  ignore: servers === undefined,
  async fence(_broker, job) {
    const { Client } = await import("../../src/connectors/kafka/client.ts");
    const { TransactionalProducer } = await import("../../src/connectors/kafka/transaction.ts");
    const client = new Client({ bootstrap: [{ host: "localhost", port: 29092 }], clientId: "x", connectTimeoutMs: 5000, log });
    await TransactionalProducer.open(client, job, new AbortController().signal);
    await client.close();
  },
});
