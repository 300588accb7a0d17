import { assert, assertEquals, assertNotEquals } from "@std/assert";
import type { Clock } from "../src/engine/clock.ts";
import { flightDurationMinutes, SKYONE, SUNSET } from "../src/models.ts";
import type { BookingPair, BookingsOptions, GenerateOptions } from "../src/s05_data_gen.ts";
import { bookings, generate } from "../src/s05_data_gen.ts";
import { decodeUtf8 } from "../src/utils.ts";
import { ObservedBroker } from "./memory_broker/observed_broker.ts";

const START_MS = new Date(2026, 0, 1).getTime();
const DAY_MS = 86_400_000;

function take(count: number, options: Partial<BookingsOptions> = {}): BookingPair[] {
  return bookings({ seed: 7, startMs: START_MS, ...options }).take(count).toArray();
}

/** A clock that only sleeping moves. */
class SleptClock implements Clock {
  nowMs = START_MS;
  onSleep: () => void = () => {};
  now = () => this.nowMs;
  monotonicMs = () => this.nowMs;
  sleep = (ms: number) => {
    this.nowMs += ms;
    this.onSleep();
    return Promise.resolve();
  };
}

async function run(
  options: Partial<GenerateOptions & BookingsOptions>,
): Promise<{ broker: ObservedBroker; clock: SleptClock; progress: number[] }> {
  const broker = new ObservedBroker();
  await broker.createTopics([{ name: SKYONE.name, partitions: 1 }, { name: SUNSET.name, partitions: 1 }]);
  const clock = new SleptClock();
  const progress: number[] = [];
  const onProgress = (sent: number) => void progress.push(sent);
  const pairs = bookings({ seed: 7, now: clock.now, ...options });
  const { signal } = new AbortController();
  await generate(broker, { bookings: pairs, seed: 7, clock, signal, onProgress, ...options });
  return { broker, clock, progress };
}

Deno.test("bookings() repeats itself byte for byte for the same seed, start and step", () => {
  assertEquals(JSON.stringify(take(50)), JSON.stringify(take(50)));
  assertNotEquals(JSON.stringify(take(5)), JSON.stringify(take(5, { seed: 8 })));
});

Deno.test("bookings() draws what it always drew", () => {
  const [first] = take(1);
  assertEquals(first, {
    skyone: {
      email_address: "ULKCR@email.com",
      flight_departure_time: "2025-12-17T08:34:10.902",
      iata_departure_code: "DTW",
      flight_arrival_time: "2025-12-17T20:45:42.902",
      iata_arrival_code: "BWI",
      flight_number: "SKY1821",
      confirmation: "SKY1CEVCUT",
      ticket_price: 507,
      aircraft: "AircraftCYK",
      booking_agency_email: "JTETK@email.com",
    },
    sunset: {
      customer_email_address: "KEYQL@email.com",
      departure_time: "2025-12-16T12:59:40.600",
      departure_airport: "DCA",
      arrival_time: "2025-12-16T22:06:39.600",
      arrival_airport: "ORD",
      flight_duration: 546,
      flight_id: "SUN230",
      reference_number: "SUNTOJPDR",
      total_price: 498,
      aircraft_details: "AircraftKMVF",
    },
    timestampMs: START_MS,
  });
});

Deno.test("bookings() lets several run side by side without mixing their draws", () => {
  const a = bookings({ seed: 7, startMs: START_MS });
  const b = bookings({ seed: 9, startMs: START_MS });
  const mixed: BookingPair[] = [];
  for (let i = 0; i < 10; i++) {
    mixed.push(a.next().value);
    b.next();
  }
  assertEquals(mixed, take(10));
});

Deno.test("bookings() advances event time by the step, from the start", () => {
  assertEquals(take(3, { stepMs: 250 }).map((pair) => pair.timestampMs), [START_MS, START_MS + 250, START_MS + 500]);
});

Deno.test("bookings() takes event time from the clock without a start", () => {
  let nowMs = START_MS;
  const pairs = bookings({ seed: 7, now: () => nowMs++ }).take(2).toArray();
  assertEquals(pairs.map((pair) => pair.timestampMs), [START_MS, START_MS + 1]);
});

Deno.test("bookings() makes records that the topics take, in the order of the wire", () => {
  for (const { skyone, sunset } of take(500)) {
    assertEquals(JSON.stringify(SKYONE.schema.parse(skyone)), JSON.stringify(skyone));
    assertEquals(JSON.stringify(SUNSET.schema.parse(sunset)), JSON.stringify(sunset));
  }
});

Deno.test("bookings() keeps to the course's values", () => {
  for (const { skyone, sunset } of take(2000)) {
    assert(/^[A-Z]{5}@email\.com$/.test(skyone.email_address), skyone.email_address);
    assert(/^SKY1\d{1,3}$/.test(skyone.flight_number), skyone.flight_number);
    assert(/^SKY1[A-Z]{6}$/.test(skyone.confirmation), skyone.confirmation);
    assert(/^Aircraft[A-Z]{3}$/.test(skyone.aircraft), skyone.aircraft);
    assert(skyone.ticket_price >= 500 && skyone.ticket_price <= 1499);
    assert(/^SUN\d{1,3}$/.test(sunset.flight_id), sunset.flight_id);
    assert(/^SUN[A-Z]{6}$/.test(sunset.reference_number), sunset.reference_number);
    assert(/^Aircraft[A-Z]{4}$/.test(sunset.aircraft_details), sunset.aircraft_details);
    assert(sunset.total_price >= 300 && sunset.total_price <= 1799);
    assertEquals(sunset.flight_duration, flightDurationMinutes(sunset));
    assert(sunset.flight_duration < 15 * 60);
  }
});

Deno.test("bookings() lets flights leave from 20 days before the booking's day to 59 after, on the wall clock", () => {
  const departures = take(5000).map((pair) => Date.parse(`${pair.sunset.departure_time}Z`));
  const days = departures.map((ms) => Math.floor((ms - Date.UTC(2026, 0, 1)) / DAY_MS));
  assertEquals([Math.min(...days), Math.max(...days)], [-20, 59]);
});

Deno.test("bookings() keeps its travellers for the whole run", () => {
  const travellers = (users?: number) =>
    new Set(take(3000, users === undefined ? {} : { users }).map((pair) => pair.skyone.email_address)).size;
  assertEquals(travellers(), 100);
  assertEquals(travellers(3), 3);
});

Deno.test("generate() sends each booking under its key, at its event time", async () => {
  const { broker } = await run({ startMs: START_MS, count: 2, rate: Infinity });
  const expected = take(2);
  assertEquals(
    broker.records("skyone").map(({ key, value, timestampMs }) => [decodeUtf8(key!), decodeUtf8(value!), timestampMs]),
    expected.map(({ skyone, timestampMs }) => [
      `{"ref":"${skyone.confirmation}"}`,
      JSON.stringify(skyone),
      timestampMs,
    ]),
  );
  assertEquals(
    broker.records("sunset").map(({ key, value }) => [decodeUtf8(key!), decodeUtf8(value!)]),
    expected.map(({ sunset }) => [`{"ref":"${sunset.reference_number}"}`, JSON.stringify(sunset)]),
  );
});

Deno.test("generate() sends a thousand records at a time when it is to hurry", async () => {
  const { broker, clock, progress } = await run({ count: 1200, rate: Infinity });
  assertEquals(broker.sends.map(({ length }) => length), [1000, 1000, 400]);
  assertEquals(progress, [500, 1000, 1200]);
  assertEquals(clock.nowMs, START_MS, "without a pause");
});

Deno.test("generate() sends the same records at any rate", async () => {
  const fast = await run({ startMs: START_MS, count: 30, rate: Infinity });
  const slow = await run({ startMs: START_MS, count: 30, rate: 4 });
  const trickle = await run({ startMs: START_MS, count: 30 });
  assertEquals(slow.broker.records("skyone"), fast.broker.records("skyone"));
  assertEquals(trickle.broker.records("sunset"), fast.broker.records("sunset"));
});

Deno.test("generate() spreads a rate over the second", async () => {
  const { broker, clock } = await run({ count: 5, rate: 4 });
  const times = broker.records("skyone").map((record) => record.timestampMs - START_MS);
  assertEquals(times, [0, 250, 500, 750, 1000]);
  assertEquals(clock.nowMs, START_MS + 1000);
});

Deno.test("generate() sends one to three of each a second by default", async () => {
  const { broker } = await run({ count: 200 });
  const perSecond = Map.groupBy(
    broker.records("skyone"),
    (record) => Math.floor((record.timestampMs - START_MS) / 1000),
  );
  const counts = new Set([...perSecond.values()].slice(0, -1).map((records) => records.length));
  assertEquals([...counts].sort(), [1, 2, 3]);
});

Deno.test("generate() does not make up for a time in which nothing could be sent", async () => {
  const broker = new ObservedBroker();
  await broker.createTopics([{ name: SKYONE.name, partitions: 1 }, { name: SUNSET.name, partitions: 1 }]);
  const clock = new SleptClock();
  let sleeps = 0;
  clock.onSleep = () => {
    if (++sleeps === 1) clock.nowMs += 3_600_000; // the machine slept for an hour
  };
  const pairs = bookings({ seed: 7, now: clock.now });
  const { signal } = new AbortController();
  await generate(broker, { bookings: pairs, seed: 7, clock, signal, count: 100, rate: 10 });
  assert(
    Math.max(...broker.sends.map(({ length }) => length)) <= 2 * 11,
    `at most a second's records at once, found ${broker.sends.map(({ length }) => length)}`,
  );
});

Deno.test("generate() ends when the signal is aborted, having reported what was sent", async () => {
  const controller = new AbortController();
  const progress: number[] = [];
  const { broker } = await run({
    rate: Infinity,
    signal: controller.signal,
    onProgress: (sent) => {
      progress.push(sent);
      if (sent >= 1500) controller.abort();
    },
  });
  assertEquals(broker.records("skyone").length, progress.at(-1));
});
