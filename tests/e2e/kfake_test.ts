/** The port's contract and the main job on a broker that shares no code with Apache Kafka. */
import { assertEquals } from "@std/assert";
import { byTraveller, expectedFlights, expectedStatistics, format } from "../../chaos/oracle.ts";
import { testBrokerContract } from "../connectors/broker_contract.ts";
import { newClient } from "../connectors/kafka_client.ts";
import { kfakePrerequisites, kfakeServers } from "../kfake/kfake.ts";
import { read, succeed } from "./programs.ts";

const NOW = "2026-01-10T00:00:00.000";
const GEN = ["--create", "--seed", "7", "--rate", "max", "--start", "2026-01-01T00:00:00", "--count", "2000"];

const missing = await kfakePrerequisites();
const NAME = missing === undefined ? "kfake" : `kfake (skipped: ${missing})`;

testBrokerContract(NAME, async () => {
  // kafkajs reads the environment when it is loaded.
  const { openKafkaBroker } = await import("../../src/connectors/kafka/mod.ts");
  return await openKafkaBroker({ brokers: [await kfakeServers()], log: () => {} });
}, {
  ignore: missing !== undefined,
  // Its process outlives the case that starts it.
  sanitize: false,
  async fence(_, job) {
    const { TransactionalProducer } = await import("../../src/connectors/kafka/transaction.ts");
    const client = await newClient(await kfakeServers());
    await TransactionalProducer.open(client, job, { signal: new AbortController().signal });
    await client.close();
  },
});

Deno.test({
  name: `${NAME}: gen, s16 and s20 give what a plain computation gives`,
  ignore: missing !== undefined,
  sanitizeResources: false,
  sanitizeOps: false,
  fn: async () => {
    const broker = { name: "kfake", env: { BOOTSTRAP_SERVERS: await kfakeServers() } };
    await succeed(broker, "gen", GEN);
    // The second run of each restores and goes on: producer ids and positions have come back whole.
    for (let run = 1; run <= 2; run++) {
      await succeed(broker, "s16", ["--bounded", "--from", "earliest", "--now", NOW]);
      await succeed(broker, "s20", ["--bounded", "--from", "earliest"]);
    }
    const [skyone, sunset] = await Promise.all([read(broker, "skyone"), read(broker, "sunset")]);
    const flights = await read(broker, "flightdata");
    assertEquals(flights.map(format).sort(), expectedFlights(skyone, sunset, NOW).sort());
    assertEquals(byTraveller(await read(broker, "userstatistics")), expectedStatistics(flights));
  },
});
