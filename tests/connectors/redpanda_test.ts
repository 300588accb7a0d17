/**
 * The port's contract through a proxy that shows a Kafka with Redpanda's versions of each request and its ways with topics.
 * (No Redpanda runs here; what the proxy imitates stands in `chaos/wire/redpanda.ts`.)
 */
import { assertEquals } from "@std/assert";
import { asRedpanda, WireProxy } from "../../chaos/wire/mod.ts";
import type { Broker } from "../../src/connectors/broker.ts";
import { testBrokerContract } from "./broker_contract.ts";
import { newClient, servers } from "./kafka_client.ts";

/** A proxy of its own for each broker that is opened: it ends with it. */
async function openBehindProxy(): Promise<Broker> {
  // kafkajs reads the environment when it is loaded.
  const { openKafkaBroker } = await import("../../src/connectors/kafka/mod.ts");
  const proxy = await WireProxy.start(servers!, asRedpanda());
  const broker = await openKafkaBroker({ brokers: proxy.bootstrapServers.split(","), log: () => {} });
  const close = broker.close.bind(broker);
  broker.close = async () => {
    await close();
    await proxy[Symbol.asyncDispose]();
    assertEquals(proxy.refused, []);
  };
  return broker;
}

testBrokerContract(
  `as Redpanda${servers === undefined ? " (skipped: no TEST_BOOTSTRAP_SERVERS)" : ""}`,
  openBehindProxy,
  {
    ignore: servers === undefined,
    async fence(_, job) {
      const { TransactionalProducer } = await import("../../src/connectors/kafka/transaction.ts");
      const client = await newClient(servers!);
      await TransactionalProducer.open(client, job, { signal: new AbortController().signal });
      await client.close();
    },
  },
);
