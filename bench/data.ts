import type { BrokerRecord } from "../src/connectors/broker.ts";
import { FLIGHTDATA, flightFromSkyone, flightFromSunset, SKYONE, SUNSET } from "../src/models.ts";
import { bookings } from "../src/s05_data_gen.ts";
import type { Topics } from "./memory_broker.ts";

const PARTITIONS = 5;
const TRAVELLERS = 1_000;
const START_MS = Date.UTC(2026, 0, 1);
/** The present moment of the measured s16: about a quarter of the flights have landed by then. */
export const NOW_MS = START_MS;

/** `records` bookings, half of each airline, over an hour of event time; the same in every run. */
export function bookingTopics(records: number): Topics {
  const topics = emptyTopics(SKYONE.name, SUNSET.name);
  let i = 0;
  for (const { skyone, sunset, timestampMs } of fixedBookings(records)) {
    add(topics, SKYONE.name, i, timestampMs, SKYONE.key(skyone), skyone);
    add(topics, SUNSET.name, i, timestampMs, SUNSET.key(sunset), sunset);
    if (++i * 2 >= records) break;
  }
  return topics;
}

/** `records` flights, likewise. */
export function flightTopics(records: number): Topics {
  const topics = emptyTopics(FLIGHTDATA.name);
  let i = 0;
  for (const { skyone, sunset, timestampMs } of fixedBookings(records)) {
    for (const flight of [flightFromSkyone(skyone), flightFromSunset(sunset)]) {
      add(topics, FLIGHTDATA.name, i++, timestampMs, FLIGHTDATA.key(flight), flight);
    }
    if (i >= records) break;
  }
  return topics;
}

function fixedBookings(records: number): ReturnType<typeof bookings> {
  return bookings({ seed: 7, users: TRAVELLERS, startMs: START_MS, stepMs: 3_600_000 / (records / 2) });
}

function emptyTopics(...names: string[]): Map<string, BrokerRecord[][]> {
  return new Map(names.map((name) => [name, Array.from({ length: PARTITIONS }, () => [])]));
}

const encoder = new TextEncoder();

function add(topics: Topics, topic: string, i: number, timestampMs: number, key: unknown, value: unknown): void {
  const partition = topics.get(topic)![i % PARTITIONS] as BrokerRecord[];
  partition.push({
    offset: partition.length,
    timestampMs: Math.floor(timestampMs),
    key: encoder.encode(JSON.stringify(key)),
    value: encoder.encode(JSON.stringify(value)),
    headers: undefined,
  });
}
