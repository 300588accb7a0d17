import { assertEquals } from "@std/assert";
import { StreamExecutionEnvironment } from "../src/engine/mod.ts";
import { flightFromSkyone, type SkyoneData } from "../src/models.ts";
import { defineWorkflow } from "../src/s12_transformation.ts";
import { buildSkyone } from "./builders.ts";

const now = () => Date.parse("2024-03-01T12:00:00Z");

/** A booking of a flight that lands then. */
function landing(confirmation: string, time: string): SkyoneData {
  return buildSkyone({ confirmation, flight_departure_time: "2024-03-01T08:00:00Z", flight_arrival_time: time });
}

Deno.test("defineWorkflow() converts a booking of Skyone to a flight", async () => {
  const booking = landing("SKY1AAAAAA", "2024-03-01T13:05:00Z");
  const env = new StreamExecutionEnvironment();

  const flights = await defineWorkflow(env.fromCollection([booking]), now).executeAndCollect();

  assertEquals(flights, [{
    email_address: "ANNAB@email.com",
    departure_time: "2024-03-01T08:00:00Z",
    departure_airport_code: "ATL",
    arrival_time: "2024-03-01T13:05:00Z",
    arrival_airport_code: "DFW",
    flight_number: "SKY1100",
    confirmation: "SKY1AAAAAA",
    source: "skyone",
  }]);
  assertEquals(flights, [flightFromSkyone(booking)]);
});

Deno.test("defineWorkflow() leaves out flights that have landed or land this very moment", async () => {
  const env = new StreamExecutionEnvironment();
  const bookings = env.fromCollection([
    landing("past", "2024-03-01T11:59:59Z"),
    landing("now", "2024-03-01T12:00:00Z"),
    landing("next", "2024-03-01T12:00:01Z"),
  ]);

  const flights = await defineWorkflow(bookings, now).executeAndCollect();

  assertEquals(flights.map(({ confirmation }) => confirmation), ["next"]);
});
