import { assertEquals, assertRejects } from "@std/assert";
import { BrokerError } from "../../src/connectors/broker_errors.ts";
import { openBroker } from "../../src/connectors/mod.ts";
import { StreamExecutionEnvironment, WatermarkStrategy } from "../../src/engine/mod.ts";
import { newLog } from "../engine/logged.ts";

// No permission is needed: the settings name servers that nobody could reach.
const options = {
  settings: { bootstrapServers: ["no.such.server:9092"], dir: "/no/such/folder", sync: "normal" },
  logger: newLog(),
  explain: true,
} as const;

Deno.test("openBroker() opens nothing for a job that is only explained, which reads and writes topics by name", async () => {
  await using broker = await openBroker(options);
  const env = new StreamExecutionEnvironment({ store: broker, delivery: "exactly-once" });
  env.fromSource(broker.textSource("skyone"), WatermarkStrategy.noWatermarks(), "texts")
    .sinkTo(broker.sink("out", { encode: (value) => ({ value }) })).name("out");

  assertEquals(
    "\n" + env.explain(),
    `
source  texts  topic "skyone", no watermarks
sink    out    ← texts; into topic "out"`,
  );
  assertEquals(options.logger.lines, []);
});

Deno.test("unopenedBroker() refuses whatever needs a broker", async () => {
  const { port } = await openBroker(options);
  for (const work of [() => port.listTopics(), () => port.fetcher(), () => port.readCommit("job")]) {
    await assertRejects(work, BrokerError, "none is open");
  }
  await port.close();
});
