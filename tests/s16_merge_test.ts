import { assertEquals } from "@std/assert";
import { StreamExecutionEnvironment } from "../src/engine/mod.ts";
import type { FlightData, SkyoneData, SunsetData } from "../src/models.ts";
import { flightFromSkyone, flightFromSunset } from "../src/models.ts";
import { defineWorkflow } from "../src/s16_merge.ts";
import { buildSkyone, buildSunset } from "./builders.ts";

const now = () => Date.parse("2024-03-01T12:00:00Z");
const BEFORE = "2024-03-01T11:59:59Z";
const NOW = "2024-03-01T12:00:00Z";
const AFTER = "2024-03-01T12:00:01Z";
const DEPARTURE = "2024-03-01T08:00:00Z";

async function run(skyone: SkyoneData[], sunset: SunsetData[]): Promise<FlightData[]> {
  const env = new StreamExecutionEnvironment();
  const flights = await defineWorkflow(env.fromCollection(skyone), env.fromCollection(sunset), now).executeAndCollect();
  // union() promises no order, so the tests ask for none.
  return flights.sort((a, b) => a.confirmation.localeCompare(b.confirmation));
}

Deno.test("defineWorkflow() converts the bookings of both airlines to flights", async () => {
  const skyone = buildSkyone({ flight_departure_time: DEPARTURE, flight_arrival_time: AFTER });
  const sunset = buildSunset({ departure_time: DEPARTURE, arrival_time: AFTER });

  const flights = await run([skyone], [sunset]);

  assertEquals(flights, [flightFromSkyone(skyone), flightFromSunset(sunset)]);
  assertEquals(flights.map(({ source }) => source), ["skyone", "sunset"]);
});

Deno.test("defineWorkflow() keeps flights of both airlines that land after now, and no other", async () => {
  const times = { BEFORE, NOW, AFTER };
  const skyone = Object.entries(times).map(([name, time]) =>
    buildSkyone({ confirmation: `SKY-${name}`, flight_departure_time: DEPARTURE, flight_arrival_time: time })
  );
  const sunset = Object.entries(times).map(([name, time]) =>
    buildSunset({ reference_number: `SUN-${name}`, departure_time: DEPARTURE, arrival_time: time })
  );

  const flights = await run(skyone, sunset);

  assertEquals(flights.map(({ confirmation }) => confirmation), ["SKY-AFTER", "SUN-AFTER"]);
});

Deno.test("defineWorkflow() gives all flights of one airline when the other has none", async () => {
  const skyone = ["SKY-1", "SKY-2"].map((confirmation) =>
    buildSkyone({ confirmation, flight_departure_time: DEPARTURE, flight_arrival_time: AFTER })
  );

  const flights = await run(skyone, []);

  assertEquals(flights.map(({ confirmation }) => confirmation), ["SKY-1", "SKY-2"]);
});
