/**
 * The two jobs as one would write them by hand without an engine: no partitions, no commits, no late records, no bad ones.
 * What an engine does beyond this is what its ratio to this loop shows.
 */
import type { BrokerRecord } from "../src/connectors/broker.ts";
import type { FlightData, SkyoneData, SunsetData, UserStatistics } from "../src/models.ts";
import type { Topics, Written } from "./memory_broker.ts";

const decoder = new TextDecoder();
const encoder = new TextEncoder();

export function bareS16(topics: Topics, nowMs: number): Written {
  const written = { records: 0, bytes: 0 };
  for (const record of inTimeOrder(topics, "skyone")) {
    const booking = JSON.parse(decoder.decode(record.value!)) as SkyoneData;
    if (!isSkyone(booking)) throw new Error("not a booking");
    write({
      email_address: booking.email_address,
      departure_time: booking.flight_departure_time,
      departure_airport_code: booking.iata_departure_code,
      arrival_time: booking.flight_arrival_time,
      arrival_airport_code: booking.iata_arrival_code,
      flight_number: booking.flight_number,
      confirmation: booking.confirmation,
      source: "skyone",
    });
  }
  for (const record of inTimeOrder(topics, "sunset")) {
    const booking = JSON.parse(decoder.decode(record.value!)) as SunsetData;
    if (!isSunset(booking)) throw new Error("not a booking");
    write({
      email_address: booking.customer_email_address,
      departure_time: booking.departure_time,
      departure_airport_code: booking.departure_airport,
      arrival_time: booking.arrival_time,
      arrival_airport_code: booking.arrival_airport,
      flight_number: booking.flight_id,
      confirmation: booking.reference_number,
      source: "sunset",
    });
  }
  return written;

  function write(flight: FlightData): void {
    if (Date.parse(flight.arrival_time) <= nowMs) return;
    const key = encoder.encode(JSON.stringify({ confirmation: flight.confirmation }));
    const value = encoder.encode(JSON.stringify(flight));
    written.records++;
    written.bytes += key.length + value.length;
  }
}

export function bareS20(topics: Topics): Written {
  const written = { records: 0, bytes: 0 };
  const totals = new Map<string, UserStatistics>();
  let window = new Map<string, UserStatistics>();
  let windowEndMs = -Infinity;
  for (const record of inTimeOrder(topics, "flightdata")) {
    const flight = JSON.parse(decoder.decode(record.value!)) as FlightData;
    if (!isFlight(flight)) throw new Error("not a flight");
    if (record.timestampMs >= windowEndMs) {
      close();
      windowEndMs = (Math.floor(record.timestampMs / 60_000) + 1) * 60_000;
    }
    const minutes = Math.floor((Date.parse(flight.arrival_time) - Date.parse(flight.departure_time)) / 60_000);
    add(window, flight.email_address, minutes, 1);
  }
  close();
  return written;

  function close(): void {
    for (const { email_address, total_flight_duration, number_of_flights } of window.values()) {
      const total = add(totals, email_address, total_flight_duration, number_of_flights);
      const key = encoder.encode(JSON.stringify({ email_address }));
      const value = encoder.encode(JSON.stringify(total));
      written.records++;
      written.bytes += key.length + value.length;
    }
    window = new Map();
  }
}

function add(statistics: Map<string, UserStatistics>, email: string, minutes: number, flights: number): UserStatistics {
  const sofar = statistics.get(email);
  const next = {
    email_address: email,
    total_flight_duration: (sofar?.total_flight_duration ?? 0) + minutes,
    number_of_flights: (sofar?.number_of_flights ?? 0) + flights,
  };
  statistics.set(email, next);
  return next;
}

/** The records are dealt out to the partitions in turn, so reading them in turn is the order of time. */
function* inTimeOrder(topics: Topics, name: string): Generator<BrokerRecord> {
  const partitions = topics.get(name)!;
  for (let i = 0;; i++) {
    for (const partition of partitions) {
      const record = partition[i];
      if (record === undefined) return;
      yield record;
    }
  }
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
