import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Topic } from "../src/models.ts";
import {
  FLIGHTDATA,
  flightDurationMinutes,
  flightFromSkyone,
  flightFromSunset,
  landsAfter,
  mergeStatistics,
  SKYONE,
  statisticsFromFlight,
  SUNSET,
  USERSTATISTICS,
} from "../src/models.ts";
import { buildFlight, buildSkyone, buildStatistics, buildSunset } from "./builders.ts";

function minutes(departure_time: string, arrival_time: string): number {
  return flightDurationMinutes({ departure_time, arrival_time });
}

/** What is wrong with a value of a topic; empty if it is fine. */
function problems<T, K>(topic: Topic<T, K>, value: unknown): string[] {
  return topic.schema.safeParse(value).error?.issues.map((issue) => `${issue.path}: ${issue.message}`) ?? [];
}

Deno.test("flightFromSkyone() takes over what a flight has, in the order of the wire", () => {
  const flight = flightFromSkyone(buildSkyone());
  assertEquals(
    JSON.stringify(flight),
    '{"email_address":"ANNAB@email.com","departure_time":"2026-03-01T08:00:00.000","departure_airport_code":"ATL",' +
      '"arrival_time":"2026-03-01T11:05:00.000","arrival_airport_code":"DFW","flight_number":"SKY1100",' +
      '"confirmation":"SKY1AAAAAA","source":"skyone"}',
  );
});

Deno.test("flightFromSunset() takes over what a flight has, in the order of the wire", () => {
  const flight = flightFromSunset(buildSunset());
  assertEquals(
    JSON.stringify(flight),
    '{"email_address":"ANNAB@email.com","departure_time":"2026-03-02T09:00:00.000","departure_airport_code":"DEN",' +
      '"arrival_time":"2026-03-02T11:30:00.000","arrival_airport_code":"ORD","flight_number":"SUN200",' +
      '"confirmation":"SUNBBBBBB","source":"sunset"}',
  );
});

Deno.test("flightFromSkyone() passes the texts of times through unchanged", () => {
  const flight = flightFromSkyone(buildSkyone({
    flight_departure_time: "2026-03-01T08:00",
    flight_arrival_time: "2026-03-01T09:00:00.123456+02:00",
  }));
  assertEquals([flight.departure_time, flight.arrival_time], ["2026-03-01T08:00", "2026-03-01T09:00:00.123456+02:00"]);
});

Deno.test("flightDurationMinutes() rounds down to whole minutes", () => {
  assertEquals(minutes("2026-03-01T08:00:00", "2026-03-01T08:00:59.999"), 0);
  assertEquals(minutes("2026-03-01T08:00:00", "2026-03-01T09:01:00"), 61);
  assertEquals(minutes("2026-03-01T08:00:30", "2026-03-01T09:00:29"), 59);
});

Deno.test("flightDurationMinutes() counts days, leap days too", () => {
  assertEquals(minutes("2026-03-01T23:30:00", "2026-03-03T00:15:00"), 24 * 60 + 45);
  assertEquals(minutes("2028-02-28T12:00:00", "2028-03-01T12:00:00"), 2 * 24 * 60);
  assertEquals(minutes("2100-02-28T12:00:00", "2100-03-01T12:00:00"), 24 * 60);
  assertEquals(minutes("1999-12-31T23:59:00", "2000-01-01T00:00:00"), 1);
});

Deno.test("flightDurationMinutes() goes by the wall clock when summer time begins in many zones", () => {
  assertEquals(minutes("2026-03-08T01:00:00", "2026-03-08T04:00:00"), 180);
  assertEquals(minutes("2026-03-29T01:00:00", "2026-03-29T04:00:00"), 180);
});

Deno.test("flightDurationMinutes() reads times with zone as the moments they name", () => {
  assertEquals(minutes("2026-03-01T08:00:00+02:00", "2026-03-01T08:00:00Z"), 120);
  assertEquals(minutes("2026-03-01T08:00:00Z", "2026-03-01T08:00:00.000-03:30"), 210);
  assertEquals(minutes("2026-03-01T23:00:00-05:00", "2026-03-02T05:00:00+01:00"), 0);
});

Deno.test("flightDurationMinutes() reads a time without zone as UTC beside one with zone", () => {
  assertEquals(minutes("2026-03-01T08:00:00", "2026-03-01T11:00:00+02:00"), 60);
});

Deno.test("flightDurationMinutes() takes times without seconds and with microseconds", () => {
  assertEquals(minutes("2026-03-01T08:00", "2026-03-01T09:30"), 90);
  assertEquals(minutes("2026-03-01T08:00", "2026-03-01T09:30:59.999999"), 90);
  assertEquals(minutes("2026-03-01T08:00:00.000900", "2026-03-01T08:01:00.000100"), 0);
  assertEquals(minutes("2026-03-01T08:00:00.1", "2026-03-01T08:01:00.100"), 1);
});

Deno.test("statisticsFromFlight() counts one flight and its minutes", () => {
  assertEquals(statisticsFromFlight(buildFlight()), {
    email_address: "ANNAB@email.com",
    total_flight_duration: 120,
    number_of_flights: 1,
  });
});

Deno.test("mergeStatistics() adds minutes and flights of one traveller", () => {
  const a = buildStatistics({ total_flight_duration: 60, number_of_flights: 2 });
  const b = buildStatistics({ total_flight_duration: 45, number_of_flights: 1 });
  assertEquals(mergeStatistics(a, b), buildStatistics({ total_flight_duration: 105, number_of_flights: 3 }));
  assertEquals(a, buildStatistics({ total_flight_duration: 60, number_of_flights: 2 }), "arguments stay as they are");
});

Deno.test("mergeStatistics() refuses two travellers and names them", () => {
  assertThrows(
    () => mergeStatistics(buildStatistics({ email_address: "a@x" }), buildStatistics({ email_address: "b@x" })),
    TypeError,
    'Cannot merge the statistics of two travellers, "a@x" and "b@x"',
  );
});

Deno.test("every topic takes a valid value and makes its key", () => {
  assertEquals(SKYONE.schema.parse(buildSkyone()), buildSkyone());
  assertEquals(SUNSET.schema.parse(buildSunset()), buildSunset());
  assertEquals(FLIGHTDATA.schema.parse(buildFlight()), buildFlight());
  assertEquals(USERSTATISTICS.schema.parse(buildStatistics()), buildStatistics());
  assertEquals(JSON.stringify(SKYONE.key(buildSkyone())), '{"ref":"SKY1AAAAAA"}');
  assertEquals(JSON.stringify(SUNSET.key(buildSunset())), '{"ref":"SUNBBBBBB"}');
  assertEquals(JSON.stringify(FLIGHTDATA.key(buildFlight())), '{"confirmation":"SKY1CCCCCC"}');
  assertEquals(JSON.stringify(USERSTATISTICS.key(buildStatistics())), '{"email_address":"ANNAB@email.com"}');
});

Deno.test("a schema keeps the order of fields on the wire, whatever order they come in", () => {
  const reversed = Object.fromEntries(Object.entries(buildSkyone()).reverse());
  assertEquals(JSON.stringify(SKYONE.schema.parse(reversed)), JSON.stringify(buildSkyone()));
});

Deno.test("a schema lets unknown fields pass", () => {
  assertEquals(SKYONE.schema.parse({ ...buildSkyone(), loyalty: "gold" }), buildSkyone());
});

Deno.test("a schema names a missing field and a field of the wrong type", () => {
  const { confirmation: _, ...incomplete } = buildSkyone();
  assertEquals(problems(SKYONE, incomplete), ["confirmation: Invalid input: expected string, received undefined"]);
  assertEquals(problems(SKYONE, { ...buildSkyone(), ticket_price: "500" }), [
    "ticket_price: Invalid input: expected number, received string",
  ]);
  assertEquals(problems(SKYONE, { ...buildSkyone(), flight_arrival_time: undefined }), [
    "flight_arrival_time: Invalid input: expected string, received undefined",
  ]);
});

Deno.test("a schema refuses an empty traveller or booking", () => {
  assertEquals(problems(SKYONE, buildSkyone({ email_address: "" })), ["email_address: email_address is empty"]);
  assertEquals(problems(SUNSET, buildSunset({ reference_number: "" })), [
    "reference_number: reference_number is empty",
  ]);
  assertEquals(problems(FLIGHTDATA, buildFlight({ confirmation: "" })), ["confirmation: confirmation is empty"]);
});

Deno.test("a schema takes every usual form of a time", () => {
  const forms = [
    "2026-03-01T08:00",
    "2026-03-01T08:00:00",
    "2026-03-01T08:00:00.1",
    "2026-03-01T08:00:00.123456",
    "2026-03-01T08:00:00Z",
    "2026-03-01T08:00:00.123+05:30",
    "2028-02-29T00:00:00",
  ];
  for (const time of forms) {
    assertEquals(problems(FLIGHTDATA, buildFlight({ departure_time: time, arrival_time: time })), [], time);
  }
});

Deno.test("a schema refuses times that do not exist, and shows them", () => {
  const impossible = ["2026-02-30T08:00:00", "2026-02-29T08:00:00", "2026-13-01T08:00:00", "2026-03-01T25:00:00"];
  for (const time of [...impossible, "2026-03-01", "soon", "", 1_772_352_000_000]) {
    assertEquals(problems(FLIGHTDATA, { ...buildFlight(), departure_time: time }), [
      `departure_time: ${JSON.stringify(time)} is not a date with time such as "2026-10-19T12:34:56.789"`,
    ]);
  }
});

Deno.test("a schema refuses an arrival before its departure, naming both", () => {
  assertEquals(problems(SKYONE, buildSkyone({ flight_arrival_time: "2026-03-01T07:59:59.999" })), [
    'flight_arrival_time: flight_arrival_time "2026-03-01T07:59:59.999" is before flight_departure_time ' +
    '"2026-03-01T08:00:00.000"',
  ]);
  assertEquals(problems(SUNSET, buildSunset({ arrival_time: "2026-03-02T08:00" })), [
    'arrival_time: arrival_time "2026-03-02T08:00" is before departure_time "2026-03-02T09:00:00.000"',
  ]);
});

Deno.test("a schema compares moments, not texts, when forms differ", () => {
  const order = (departure_time: string, arrival_time: string): boolean =>
    problems(FLIGHTDATA, buildFlight({ departure_time, arrival_time })).length === 0;
  assert(order("2026-03-01T10:00:00+05:00", "2026-03-01T08:00:00+01:00"), "05:00 UTC to 07:00 UTC");
  assert(!order("2026-03-01T08:00:00+01:00", "2026-03-01T10:00:00+05:00"), "07:00 UTC to 05:00 UTC");
  assert(order("2026-03-01T08:00:00.000", "2026-03-01T08:00"), "the same moment");
  assert(!order("2026-03-01T08:00:00.5", "2026-03-01T08:00:00"), "half a second back");
  assert(!order("2026-03-01T08:00:00.000002", "2026-03-01T08:00:00.000001"), "a microsecond back");
});

Deno.test("the schema of userstatistics refuses counts that cannot be", () => {
  assertEquals(problems(USERSTATISTICS, buildStatistics({ number_of_flights: 1.5 })).length, 1);
  assertEquals(problems(USERSTATISTICS, buildStatistics({ total_flight_duration: -1 })).length, 1);
});

Deno.test("landsAfter() compares the arrival with a moment", () => {
  const now = Date.UTC(2026, 2, 1, 12);
  assertEquals(landsAfter({ arrival_time: "2026-03-01T12:00:00Z" }, now), false);
  assertEquals(landsAfter({ arrival_time: "2026-03-01T12:00:01Z" }, now), true);
});
