import { assertEquals } from "@std/assert";
import { JobBroker } from "../src/connectors/mod.ts";
import { StreamExecutionEnvironment, WatermarkStrategy } from "../src/engine/mod.ts";
import { FLIGHTDATA, flightFromSkyone, type SkyoneData } from "../src/models.ts";
import { defineWorkflow } from "../src/s14_sink.ts";
import { buildSkyone } from "./builders.ts";
import { ObservedBroker } from "./memory_broker/observed_broker.ts";

const now = () => Date.parse("2024-03-01T12:00:00Z");
const LANDED = { flight_departure_time: "2024-03-01T08:00:00Z", flight_arrival_time: "2024-03-01T11:00:00Z" };
const TO_LAND = { flight_departure_time: "2024-03-01T08:00:00Z", flight_arrival_time: "2024-03-01T13:00:00Z" };

interface Written {
  readonly timestampMs: number;
  readonly key: unknown;
  readonly value: unknown;
}

/** What stands in flightdata after these bookings, one a second from 1,000 ms on. */
async function run(bookings: readonly SkyoneData[]): Promise<Written[]> {
  const broker = new ObservedBroker();
  await broker.createTopics([{ name: "flightdata", partitions: 1 }]);
  const env = new StreamExecutionEnvironment();
  const skyone = env.fromCollection(bookings.map((booking, i) => ({ booking, timestampMs: (i + 1) * 1000 })))
    .assignTimestampsAndWatermarks(
      WatermarkStrategy.forMonotonousTimestamps().withTimestampAssigner(({ timestampMs }: { timestampMs: number }) =>
        timestampMs
      ),
    ).map(({ booking }) => booking);

  defineWorkflow(skyone, new JobBroker(broker).sink(FLIGHTDATA), now);
  await env.execute();

  const json = (bytes: Uint8Array | null) => JSON.parse(new TextDecoder().decode(bytes!));
  return broker.records("flightdata").map(({ timestampMs, key, value }) => ({
    timestampMs,
    key: json(key),
    value: json(value),
  }));
}

Deno.test("defineWorkflow() into flightdata writes each flight under its confirmation, at the time of its booking", async () => {
  const bookings = ["SKY1AAAAAA", "SKY1BBBBBB"].map((confirmation) => buildSkyone({ ...TO_LAND, confirmation }));

  assertEquals(await run(bookings), [
    { timestampMs: 1000, key: { confirmation: "SKY1AAAAAA" }, value: flightFromSkyone(bookings[0]!) },
    { timestampMs: 2000, key: { confirmation: "SKY1BBBBBB" }, value: flightFromSkyone(bookings[1]!) },
  ]);
});

Deno.test("defineWorkflow() into flightdata writes no flight that has landed", async () => {
  const written = await run([buildSkyone(LANDED), buildSkyone({ ...TO_LAND, confirmation: "SKY1BBBBBB" })]);
  assertEquals(written.map(({ key }) => key), [{ confirmation: "SKY1BBBBBB" }]);
});
