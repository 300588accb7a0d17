/** What `deno task chaos --brokers 3` would notice. */
import { assertEquals, assertMatch } from "@std/assert";
import { clusterText, complaintsAbout } from "../../../chaos/cluster/report.ts";
import type { ClusterChaosResult } from "../../../chaos/cluster/run.ts";
import { judge } from "../../../chaos/cluster/verdict.ts";

// ---------------------------------------------------------------------------------------- what the experiment would notice

const MINUTE_MS = 60_000;
const NOW = "2026-01-15T00:00:00";

/** A booking of Skyone, as Kafka's consumer reads it. */
function booking(name: string, timestamp: number) {
  return record(timestamp, { ref: name }, {
    email_address: "ann@email.com",
    flight_departure_time: "2026-02-01T10:00:00",
    iata_departure_code: "ATL",
    flight_arrival_time: "2026-02-01T11:00:00",
    iata_arrival_code: "SEA",
    flight_number: "SKY1",
    confirmation: name,
  });
}

/** What s16 makes of it. */
function flight(name: string, timestamp: number) {
  return record(timestamp, { confirmation: name }, {
    email_address: "ann@email.com",
    departure_time: "2026-02-01T10:00:00",
    departure_airport_code: "ATL",
    arrival_time: "2026-02-01T11:00:00",
    arrival_airport_code: "SEA",
    flight_number: "SKY1",
    confirmation: name,
    source: "skyone",
  });
}

/** What s20 makes of the flights of a minute. */
function statistics(minute: number, flights: number) {
  const email_address = "ann@email.com";
  const value = { email_address, total_flight_duration: 60 * flights, number_of_flights: flights };
  return record((minute + 1) * MINUTE_MS - 1, { email_address }, value);
}

function record(timestamp: number, key: unknown, value: unknown) {
  return { partition: 0, offset: 0, timestamp, key: JSON.stringify(key), value: JSON.stringify(value) };
}

/** How many records of s16 and of s20 are lost, doubled and late. */
function figures(change: Partial<Parameters<typeof judge>[0]>): number[][] {
  const undisturbed = {
    skyone: [booking("A", 0), booking("B", MINUTE_MS), booking("C", 10 * MINUTE_MS)],
    sunset: [],
    flightdata: [flight("A", 0), flight("B", MINUTE_MS), flight("C", 10 * MINUTE_MS)],
    userstatistics: [statistics(0, 1), statistics(1, 2)],
    letters: { s16: [], s20: [] },
  };
  return judge({ ...undisturbed, ...change }, { now: NOW, closingMs: 10 * MINUTE_MS })
    .map(({ lost, doubled, late }) => [lost.length, doubled.length, late.length]);
}

Deno.test("judge() finds nothing wrong with an undisturbed run", () => {
  assertEquals(figures({}), [[0, 0, 0], [0, 0, 0]]);
});

Deno.test("judge() counts flights that are lost, doubled or out of order, and judges s20 by what s16 wrote", () => {
  const [a, b, c] = [flight("A", 0), flight("B", MINUTE_MS), flight("C", 10 * MINUTE_MS)];
  assertEquals(figures({ flightdata: [b, c], userstatistics: [statistics(1, 1)] }), [[1, 0, 0], [0, 0, 0]]);
  const doubled = [statistics(0, 1), statistics(1, 3)];
  assertEquals(figures({ flightdata: [a, b, b, c], userstatistics: doubled }), [[0, 1, 0], [0, 0, 0]]);
  assertEquals(figures({ flightdata: [b, a, c] }), [[0, 0, 1], [0, 0, 0]]);
  // Between partitions there is no order.
  assertEquals(figures({ flightdata: [b, { ...a, partition: 1 }, c] }), [[0, 0, 0], [0, 0, 0]]);
});

Deno.test("judge() counts statistics that are lost, doubled or wrong, and flights that were late", () => {
  const [first, second] = [statistics(0, 1), statistics(1, 2)];
  assertEquals(figures({ userstatistics: [first] })[1], [1, 0, 0]);
  assertEquals(figures({ userstatistics: [first, second, second] })[1], [0, 1, 0]);
  assertEquals(figures({ userstatistics: [first, statistics(1, 3)] })[1], [1, 1, 0], "another total");
  const letters = { s16: [], s20: [flight("A", 0)] };
  assertEquals(figures({ letters, userstatistics: [statistics(1, 1)] })[1], [0, 0, 1]);
  // Counted all the same, it is doubled: in its window and in the dead letters.
  assertEquals(figures({ letters })[1], [1, 2, 1]);
});

Deno.test("complaintsAbout() and clusterText() name what is wrong, and how much was done", () => {
  const result: ClusterChaosResult = {
    jobs: [
      { job: "s16", expected: 2_000, lost: ["1 a"], doubled: [], late: ["partition 3 2 b"] },
      { job: "s20", expected: 300, lost: [], doubled: [], late: [] },
    ],
    bookings: 4_000,
    moves: 100,
    faults: new Map([["broker killed", 2]]),
    failures: ["s16-1 ended with 1: error: Cannot go on"],
    complaints: ["s20-2 did not end well after SIGTERM"],
    logs: "/tmp/x",
  };
  assertEquals(complaintsAbout(result), [
    "s16: 1 records lost, 0 doubled, 1 late",
    "s20-2 did not end well after SIGTERM",
  ]);
  assertEquals(clusterText(result).split("\n"), [
    "job  records  lost  doubled  late",
    "s16    2,000     1        0     1",
    "s20      300     0        0     0",
    "4,000 bookings; 100 × leader moved, 2 × broker killed",
    "1 processes ended by themselves:",
    "  1 × s16-1 ended with 1: error: Cannot go on",
    "s16 lost: 1 a",
    "s16 late: partition 3 2 b",
  ]);
  assertMatch(complaintsAbout({ ...result, jobs: [], complaints: [] }).join(), /^$/);
});
