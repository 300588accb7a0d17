import { assert, assertEquals } from "@std/assert";
import { Travellers } from "../../src/inspect/travellers.ts";
import { MemoryBroker } from "../memory_broker/memory_broker.ts";

const encoder = new TextEncoder();

function result(email_address: string, number_of_flights: number, total_flight_duration: number, timestampMs = 0) {
  const value = encoder.encode(JSON.stringify({ email_address, total_flight_duration, number_of_flights }));
  return { topic: "userstatistics", key: null, value, timestampMs };
}

Deno.test("Travellers has the newest total of each traveller, most flights first", () => {
  const travellers = new Travellers();
  travellers.take(result("anna", 1, 60, 1_000));
  travellers.take(result("ben", 2, 30, 2_000));
  travellers.take(result("anna", 4, 240, 3_000));
  assertEquals(travellers.totals, { travellers: 2, flights: 6, minutes: 270 });
  assertEquals(travellers.top(5).map(({ email, flights }) => [email, flights]), [["anna", 4], ["ben", 2]]);
  assertEquals(travellers.top(1).length, 1);
  assertEquals(travellers.top(5, "BE").map(({ email }) => email), ["ben"]);
  assertEquals(travellers.points.map(({ atMs, flights }) => [atMs, flights]), [[1_000, 1], [2_000, 3], [3_000, 6]]);
  travellers.take({ value: encoder.encode("<html>"), timestampMs: 0 });
  travellers.take({ value: null, timestampMs: 0 });
  assertEquals(travellers.records, 3);
});

Deno.test("Travellers keeps as many points as a chart needs, and the last total among them", () => {
  const travellers = new Travellers();
  for (let i = 1; i <= 5_000; i++) travellers.take(result("anna", i, i, i * 1_000));
  assert(travellers.points.length <= 601, `${travellers.points.length} points`);
  const flights = travellers.points.map(({ flights }) => flights);
  assertEquals(flights, flights.toSorted((a, b) => a - b));
  assert(flights.at(-1)! > 4_980, String(flights.at(-1)));
});

Deno.test("Travellers reads what is there in the order of time, and goes on as results come", async () => {
  const broker = new MemoryBroker().addTopic("userstatistics", 2);
  broker.append([
    { ...result("anna", 2, 2, 20_000), partition: 0 },
    { ...result("ben", 1, 1, 10_000), partition: 1 },
  ]);
  const travellers = new Travellers();
  const stop = new AbortController();
  const reading = travellers.read(broker, "userstatistics", stop.signal);
  while (!travellers.caughtUp) await new Promise((resolve) => setTimeout(resolve, 1));
  assertEquals(travellers.points.map(({ flights }) => flights), [1, 3]);
  broker.append([{ ...result("ben", 5, 9, 30_000), partition: 1 }]);
  while (travellers.records < 3) await new Promise((resolve) => setTimeout(resolve, 1));
  assertEquals(travellers.totals, { travellers: 2, flights: 7, minutes: 11 });
  stop.abort();
  await reading;
});
