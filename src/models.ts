/**
 * The records of the four topics and the pure conversions between them.
 *
 *     skyone ── flightFromSkyone ──┐
 *                                  ├──▶ flightdata ── statisticsFromFlight ──▶ mergeStatistics ──▶ userstatistics
 *     sunset ── flightFromSunset ──┘
 *
 * Times stay the texts that came in: ISO 8601, usually a wall clock without zone. Nothing here depends on the machine's
 * zone or clock.
 */
import { z } from "zod";
import type { Topic } from "./connectors/topic.ts";
import { isAfter, isInOrder, secondsBetween } from "./models/iso_time.ts";

export type { Topic };

/** An existing date with a time of day, with or without zone, seconds and fraction. */
const dateTime = z.iso.datetime({
  local: true,
  offset: true,
  // Two times are compared below only if both are times.
  abort: true,
  error: ({ input }) =>
    input === undefined ? undefined : `${show(input)} is not a date with time such as "2026-10-19T12:34:56.789"`,
});

/** A text that names somebody or something. */
const name = z.string().min(1, { error: ({ path }) => `${String(path?.at(-1))} is empty` });

/** A booking of Skyone, as the airline writes it. */
export type SkyoneData = z.infer<typeof skyoneSchema>;
const skyoneSchema = z.object({
  email_address: name,
  flight_departure_time: dateTime,
  iata_departure_code: z.string(),
  flight_arrival_time: dateTime,
  iata_arrival_code: z.string(),
  flight_number: z.string(),
  confirmation: name,
  ticket_price: z.number(),
  aircraft: z.string(),
  booking_agency_email: z.string(),
}).refine(
  (booking) => isInOrder(booking.flight_departure_time, booking.flight_arrival_time),
  arrivesTooEarly("flight_departure_time", "flight_arrival_time"),
);

/** A booking of Sunset, as the airline writes it. */
export type SunsetData = z.infer<typeof sunsetSchema>;
const sunsetSchema = z.object({
  customer_email_address: name,
  departure_time: dateTime,
  departure_airport: z.string(),
  arrival_time: dateTime,
  arrival_airport: z.string(),
  /** Minutes as Sunset counts them; nothing relies on it, the course's generator gets it wrong. */
  flight_duration: z.number(),
  flight_id: z.string(),
  reference_number: name,
  total_price: z.number(),
  aircraft_details: z.string(),
}).refine(
  (booking) => isInOrder(booking.departure_time, booking.arrival_time),
  arrivesTooEarly("departure_time", "arrival_time"),
);

/** A booked flight of either airline. */
export type FlightData = z.infer<typeof flightSchema>;
const flightSchema = z.object({
  email_address: name,
  departure_time: dateTime,
  departure_airport_code: z.string(),
  arrival_time: dateTime,
  arrival_airport_code: z.string(),
  flight_number: z.string(),
  confirmation: name,
  source: z.enum(["skyone", "sunset"]),
}).refine(
  (flight) => isInOrder(flight.departure_time, flight.arrival_time),
  arrivesTooEarly("departure_time", "arrival_time"),
);

/** What one traveller has booked so far. */
export type UserStatistics = z.infer<typeof statisticsSchema>;
const statisticsSchema = z.object({
  email_address: name,
  /** whole minutes */
  total_flight_duration: z.int().nonnegative(),
  number_of_flights: z.int().nonnegative(),
});

/** Bookings of Skyone, under their confirmation. */
export const SKYONE: Topic<SkyoneData, { ref: string }> = {
  name: "skyone",
  schema: skyoneSchema,
  key: (booking) => ({ ref: booking.confirmation }),
};

/** Bookings of Sunset, under their reference number. */
export const SUNSET: Topic<SunsetData, { ref: string }> = {
  name: "sunset",
  schema: sunsetSchema,
  key: (booking) => ({ ref: booking.reference_number }),
};

/** Flights of both airlines, under the confirmation of their booking. */
export const FLIGHTDATA: Topic<FlightData, { confirmation: string }> = {
  name: "flightdata",
  schema: flightSchema,
  key: (flight) => ({ confirmation: flight.confirmation }),
};

/** Statistics of travellers, under their e-mail address: the newest of a key holds. */
export const USERSTATISTICS: Topic<UserStatistics, { email_address: string }> = {
  name: "userstatistics",
  schema: statisticsSchema,
  key: (statistics) => ({ email_address: statistics.email_address }),
};

/** The flight of a booking; its times stay the texts that they are. */
export function flightFromSkyone(booking: SkyoneData): FlightData {
  return {
    email_address: booking.email_address,
    departure_time: booking.flight_departure_time,
    departure_airport_code: booking.iata_departure_code,
    arrival_time: booking.flight_arrival_time,
    arrival_airport_code: booking.iata_arrival_code,
    flight_number: booking.flight_number,
    confirmation: booking.confirmation,
    source: "skyone",
  };
}

/** The flight of a booking; its times stay the texts that they are. */
export function flightFromSunset(booking: SunsetData): FlightData {
  return {
    email_address: booking.customer_email_address,
    departure_time: booking.departure_time,
    departure_airport_code: booking.departure_airport,
    arrival_time: booking.arrival_time,
    arrival_airport_code: booking.arrival_airport,
    flight_number: booking.flight_id,
    confirmation: booking.reference_number,
    source: "sunset",
  };
}

/**
 * Whole minutes from departure to arrival, rounded down, days counted.
 *
 * Times without zone are taken by the wall clock, as if both were UTC: neither the machine's zone nor a change to
 * summer time matters. A time with zone counts as the moment it names.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const overnight = { departure_time: "2026-10-19T23:30:00", arrival_time: "2026-10-20T01:15:59" };
 * assertEquals(flightDurationMinutes(overnight), 105);
 * ```
 */
export function flightDurationMinutes(flight: Pick<FlightData, "departure_time" | "arrival_time">): number {
  return Math.floor(secondsBetween(flight.departure_time, flight.arrival_time) / 60);
}

/** Whether the flight lands after a moment, ms since the Unix epoch. A time without zone is this machine's. */
export function landsAfter({ arrival_time: time }: Pick<FlightData, "arrival_time">, momentMs: number): boolean {
  return isAfter(time, momentMs);
}

/** The statistics of a traveller who has booked this one flight. */
export function statisticsFromFlight(flight: FlightData): UserStatistics {
  return {
    email_address: flight.email_address,
    total_flight_duration: flightDurationMinutes(flight),
    number_of_flights: 1,
  };
}

/**
 * The sum of two statistics of one traveller; order does not matter.
 * @throws {TypeError} if they are of two travellers
 */
export function mergeStatistics(a: UserStatistics, b: UserStatistics): UserStatistics {
  if (a.email_address !== b.email_address) {
    throw new TypeError(
      `Cannot merge the statistics of two travellers, "${a.email_address}" and "${b.email_address}": ` +
        "key the stream by email_address first",
    );
  }
  return {
    email_address: a.email_address,
    total_flight_duration: a.total_flight_duration + b.total_flight_duration,
    number_of_flights: a.number_of_flights + b.number_of_flights,
  };
}

/** What is said of a record whose arrival is before its departure, and of which field. */
function arrivesTooEarly(departure: string, arrival: string) {
  return {
    path: [arrival],
    error: ({ input }: { input?: unknown }) => {
      const times = input as Record<string, string>;
      return `${arrival} "${times[arrival]}" is before ${departure} "${times[departure]}"`;
    },
  };
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
