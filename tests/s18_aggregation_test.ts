import { assertEquals } from "@std/assert";
import { StreamExecutionEnvironment, WatermarkStrategy } from "../src/engine/mod.ts";
import { type FlightData, statisticsFromFlight, type UserStatistics } from "../src/models.ts";
import { defineWorkflow, watermarksOf } from "../src/s18_aggregation.ts";
import { buildFlight } from "./builders.ts";

interface Booked {
  readonly atMs: number;
  readonly flight: FlightData;
}

const START_MS = Date.UTC(2024, 2, 1, 12);

/** A booking `seconds` after noon of a flight of so many minutes. */
function booked(seconds: number, email_address: string, minutes: number): Booked {
  const flight = buildFlight({
    email_address,
    departure_time: "2024-03-05T10:00:00.000",
    arrival_time: `2024-03-05T${10 + Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:59.000`,
  });
  return { atMs: START_MS + seconds * 1000, flight };
}

async function run(bookings: readonly Booked[], windowMs?: number): Promise<UserStatistics[]> {
  const env = new StreamExecutionEnvironment();
  const flights = env.fromCollection(bookings)
    .assignTimestampsAndWatermarks(
      WatermarkStrategy.forMonotonousTimestamps().withTimestampAssigner(({ atMs }: Booked) => atMs),
    )
    .map(({ flight }) => flight);
  return await defineWorkflow(flights, windowMs).executeAndCollect();
}

function statistics(email_address: string, minutes: number, flights: number): UserStatistics {
  return { email_address, total_flight_duration: minutes, number_of_flights: flights };
}

Deno.test("defineWorkflow() makes statistics of a flight", async () => {
  const booking = booked(0, "a@email.com", 125);
  const results = await run([booking]);
  assertEquals(results, [statistics("a@email.com", 125, 1)]);
  assertEquals(results, [statisticsFromFlight(booking.flight)]);
});

Deno.test("defineWorkflow() groups by email and sums flights and whole minutes of a window", async () => {
  const results = await run([
    booked(0, "a@email.com", 30),
    booked(20, "b@email.com", 65),
    booked(59, "a@email.com", 70),
  ]);

  assertEquals(results, [statistics("a@email.com", 100, 2), statistics("b@email.com", 65, 1)]);
});

Deno.test("defineWorkflow() counts a traveller's records of the next minute anew", async () => {
  const results = await run([
    booked(0, "a@email.com", 30),
    booked(59, "a@email.com", 40),
    booked(60, "a@email.com", 50),
    booked(185, "a@email.com", 60),
  ]);

  assertEquals(results, [
    statistics("a@email.com", 70, 2),
    statistics("a@email.com", 50, 1),
    statistics("a@email.com", 60, 1),
  ]);
});

Deno.test("defineWorkflow() takes windows of another length", async () => {
  const results = await run(
    [booked(0, "a@email.com", 10), booked(9, "a@email.com", 20), booked(10, "a@email.com", 30)],
    10_000,
  );

  assertEquals(results, [statistics("a@email.com", 30, 2), statistics("a@email.com", 30, 1)]);
});

Deno.test("watermarksOf() lets windows wait for records out of order as long as it is asked to", async () => {
  async function flightsIn(outOfOrdernessMs: number): Promise<number[]> {
    const bookings = [booked(0, "a@email.com", 10), booked(61, "a@email.com", 20), booked(59, "a@email.com", 30)];
    const atMs = watermarksOf({ outOfOrdernessMs }).withTimestampAssigner(({ atMs }: Booked) => atMs);
    const flights = new StreamExecutionEnvironment().fromCollection(bookings)
      .assignTimestampsAndWatermarks(atMs).map(({ flight }) => flight);
    return (await defineWorkflow(flights).executeAndCollect()).map(({ number_of_flights }) => number_of_flights);
  }
  assertEquals(await flightsIn(0), [1, 1]); // the third is late
  assertEquals(await flightsIn(2_000), [2, 1]);
});
