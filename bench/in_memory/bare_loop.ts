/**
 * The jobs as one would write them by hand without an engine, from the same partitions: no commits, no late records, no bad
 * ones. What an engine does beyond this is what its ratio to this loop shows.
 */
import type { BrokerRecord } from "../../src/connectors/broker.ts";
import type { FlightData, SkyoneData, SunsetData, UserStatistics } from "../../src/models.ts";
import { flightOfSkyone, flightOfSunset, minuteEnd, minutesOf } from "../plain.ts";
import type { TopicInMemory } from "./records.ts";
import type { Written } from "./written.ts";

const decoder = new TextDecoder();
const encoder = new TextEncoder();

export type Topics = ReadonlyMap<string, TopicInMemory>;

export function bareS16(topics: Topics, written: Written, nowMs: number): void {
  for (const record of inTimeOrder(topics, "skyone")) {
    const booking = decode<SkyoneData>(record);
    if (!isSkyone(booking)) throw new Error("not a booking");
    write(flightOfSkyone(booking));
  }
  for (const record of inTimeOrder(topics, "sunset")) {
    const booking = decode<SunsetData>(record);
    if (!isSunset(booking)) throw new Error("not a booking");
    write(flightOfSunset(booking));
  }

  function write(flight: FlightData): void {
    if (Date.parse(flight.arrival_time) <= nowMs) return;
    written.add(encode({ confirmation: flight.confirmation }), encode(flight));
  }
}

/** Statistics of each minute. */
export function bareS18(topics: Topics, written: Written): void {
  minuteByMinute(topics, (window) => {
    for (const statistics of window.values()) writeStatistics(statistics, written);
  });
}

/** Totals after each minute. */
export function bareS20(topics: Topics, written: Written): void {
  const totals = new Map<string, UserStatistics>();
  minuteByMinute(topics, (window) => {
    for (const { email_address, total_flight_duration, number_of_flights } of window.values()) {
      writeStatistics(add(totals, email_address, total_flight_duration, number_of_flights), written);
    }
  });
}

function minuteByMinute(topics: Topics, close: (window: Map<string, UserStatistics>) => void): void {
  let window = new Map<string, UserStatistics>();
  let endMs = -Infinity;
  for (const record of inTimeOrder(topics, "flightdata")) {
    const flight = decode<FlightData>(record);
    if (!isFlight(flight)) throw new Error("not a flight");
    if (record.timestampMs >= endMs) {
      close(window);
      window = new Map();
      endMs = minuteEnd(record.timestampMs);
    }
    add(window, flight.email_address, minutesOf(flight), 1);
  }
  close(window);
}

function add(statistics: Map<string, UserStatistics>, email: string, minutes: number, flights: number): UserStatistics {
  const accumulated = statistics.get(email);
  const next = {
    email_address: email,
    total_flight_duration: (accumulated?.total_flight_duration ?? 0) + minutes,
    number_of_flights: (accumulated?.number_of_flights ?? 0) + flights,
  };
  statistics.set(email, next);
  return next;
}

function writeStatistics(statistics: UserStatistics, written: Written): void {
  written.add(encode({ email_address: statistics.email_address }), encode(statistics));
}

/** Always the earliest of those that come next in their partitions. */
function* inTimeOrder(topics: Topics, name: string): Generator<BrokerRecord> {
  const { partitions } = topics.get(name)!;
  const next = partitions.map(() => 0);
  for (;;) {
    let first: BrokerRecord | undefined;
    let from = 0;
    for (let i = 0; i < partitions.length; i++) {
      const record = partitions[i]![next[i]!];
      if (record === undefined || (first !== undefined && record.timestampMs >= first.timestampMs)) continue;
      first = record;
      from = i;
    }
    if (first === undefined) return;
    next[from]!++;
    yield first;
  }
}

function decode<T>(record: BrokerRecord): T {
  return JSON.parse(decoder.decode(record.value!));
}

function encode(value: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(value));
}

function isSkyone(booking: SkyoneData): boolean {
  return typeof booking.email_address === "string" && typeof booking.flight_departure_time === "string" &&
    typeof booking.iata_departure_code === "string" && typeof booking.flight_arrival_time === "string" &&
    typeof booking.iata_arrival_code === "string" && typeof booking.flight_number === "string" &&
    typeof booking.confirmation === "string" && typeof booking.ticket_price === "number" &&
    typeof booking.aircraft === "string" && typeof booking.booking_agency_email === "string";
}

function isSunset(booking: SunsetData): boolean {
  return typeof booking.customer_email_address === "string" && typeof booking.departure_time === "string" &&
    typeof booking.departure_airport === "string" && typeof booking.arrival_time === "string" &&
    typeof booking.arrival_airport === "string" && typeof booking.flight_duration === "number" &&
    typeof booking.flight_id === "string" && typeof booking.reference_number === "string" &&
    typeof booking.total_price === "number" && typeof booking.aircraft_details === "string";
}

function isFlight(flight: FlightData): boolean {
  return typeof flight.email_address === "string" && typeof flight.departure_time === "string" &&
    typeof flight.departure_airport_code === "string" && typeof flight.arrival_time === "string" &&
    typeof flight.arrival_airport_code === "string" && typeof flight.flight_number === "string" &&
    typeof flight.confirmation === "string" && typeof flight.source === "string";
}
