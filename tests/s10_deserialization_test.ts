import { assertEquals } from "@std/assert";
import { JobBroker } from "../src/connectors/mod.ts";
import { StreamExecutionEnvironment, WatermarkStrategy } from "../src/engine/mod.ts";
import { CollectSink } from "../src/engine/sinks/collect_sink.ts";
import { SKYONE } from "../src/models.ts";
import { defineWorkflow } from "../src/s10_deserialization.ts";
import { buildSkyone } from "./builders.ts";
import { ObservedBroker } from "./memory_broker/observed_broker.ts";

const GOOD = buildSkyone();
const GOOD_LINE = "SKY1AAAAAA: ANNAB@email.com flies from ATL to DFW for 500";

/** What the lesson says about bookings in skyone, and how many values became dead letters. */
async function run(values: readonly string[]): Promise<{ lines: string[]; dead: number }> {
  const broker = new ObservedBroker();
  await broker.createTopics([{ name: "skyone", partitions: 1 }]);
  const producer = await broker.producer();
  await producer.send(
    values.map((value, i) => ({ topic: "skyone", key: null, value: new TextEncoder().encode(value), timestampMs: i })),
  );

  const env = new StreamExecutionEnvironment({ onError: "dead-letter", bounded: true, from: "earliest" });
  const bookings = env.fromSource(new JobBroker(broker).source(SKYONE), WatermarkStrategy.noWatermarks(), "skyone");
  const sink = new CollectSink<string>();
  defineWorkflow(bookings).sinkTo(sink);
  const { books } = await env.execute();
  return { lines: sink.values, dead: books.dead };
}

Deno.test("defineWorkflow() gives a line about each booking", async () => {
  const { lines, dead } = await run([
    JSON.stringify(GOOD),
    JSON.stringify({ ...GOOD, confirmation: "SKY1BBBBBB", ticket_price: 720 }),
  ]);
  assertEquals(lines, [GOOD_LINE, "SKY1BBBBBB: ANNAB@email.com flies from ATL to DFW for 720"]);
  assertEquals(dead, 0);
});

Deno.test("defineWorkflow() goes on behind values that are no bookings", async () => {
  const { lines, dead } = await run([
    "<html>",
    JSON.stringify({ ...GOOD, ticket_price: undefined }),
    JSON.stringify({ ...GOOD, ticket_price: "500" }),
    JSON.stringify({ ...GOOD, flight_arrival_time: "2026-02-30T10:00:00" }),
    JSON.stringify(GOOD),
  ]);
  assertEquals([lines, dead], [[GOOD_LINE], 4]);
});

Deno.test("defineWorkflow() does not mind fields that it does not know", async () => {
  const { lines, dead } = await run([JSON.stringify({ ...GOOD, seat: "12A" })]);
  assertEquals([lines, dead], [[GOOD_LINE], 0]);
});
