/**
 * A few fixed records, for `--sample` and for tests. It is noon of the first of March 2026; some flights have landed, some are
 * still to land.
 */
import type { FlightData, SkyoneData, SunsetData } from "./models.ts";

/** The present moment of the samples, ms since the Unix epoch: noon by this machine's wall clock. */
export function sampleNow(): number {
  return new Date("2026-03-01T12:00:00").getTime();
}

/** Three bookings; Ben's flight has landed. */
export const SKYONE_SAMPLE: readonly SkyoneData[] = [
  {
    email_address: "ANNA@email.com",
    flight_departure_time: "2026-03-02T08:00:00.000",
    iata_departure_code: "ATL",
    flight_arrival_time: "2026-03-02T10:30:00.000",
    iata_arrival_code: "DFW",
    flight_number: "SKY1101",
    confirmation: "SKY1AAAAAA",
    ticket_price: 700,
    aircraft: "AircraftAAA",
    booking_agency_email: "AGENT@email.com",
  },
  {
    email_address: "BEN@email.com",
    flight_departure_time: "2026-02-27T09:00:00.000",
    iata_departure_code: "DEN",
    flight_arrival_time: "2026-02-27T11:00:00.000",
    iata_arrival_code: "SEA",
    flight_number: "SKY1202",
    confirmation: "SKY1BBBBBB",
    ticket_price: 550,
    aircraft: "AircraftBBB",
    booking_agency_email: "AGENT@email.com",
  },
  {
    email_address: "ANNA@email.com",
    flight_departure_time: "2026-03-04T23:30:00.000",
    iata_departure_code: "DFW",
    flight_arrival_time: "2026-03-05T01:15:00.000",
    iata_arrival_code: "ATL",
    flight_number: "SKY1303",
    confirmation: "SKY1CCCCCC",
    ticket_price: 820,
    aircraft: "AircraftAAA",
    booking_agency_email: "AGENT@email.com",
  },
];

/** What may lie in the topic skyone: three bookings, a page that some server sent by mistake, and a booking without a price. */
export const SKYONE_TEXTS: readonly string[] = [
  ...SKYONE_SAMPLE.map((booking) => JSON.stringify(booking)),
  "<html>502 Bad Gateway</html>",
  JSON.stringify({ ...SKYONE_SAMPLE[0], confirmation: "SKY1DDDDDD", ticket_price: undefined }),
];

/** Two bookings; Ben's is still to land, Cleo's flight has landed. */
export const SUNSET_SAMPLE: readonly SunsetData[] = [
  {
    customer_email_address: "BEN@email.com",
    departure_time: "2026-03-03T14:00:00.000",
    departure_airport: "SEA",
    arrival_time: "2026-03-03T15:40:00.000",
    arrival_airport: "LAX",
    flight_duration: 100,
    flight_id: "SUN404",
    reference_number: "SUNDDDDDD",
    total_price: 310,
    aircraft_details: "AircraftDDDD",
  },
  {
    customer_email_address: "CLEO@email.com",
    departure_time: "2026-03-01T06:00:00.000",
    departure_airport: "BOS",
    arrival_time: "2026-03-01T09:10:00.000",
    arrival_airport: "MIA",
    flight_duration: 190,
    flight_id: "SUN505",
    reference_number: "SUNEEEEEE",
    total_price: 480,
    aircraft_details: "AircraftEEEE",
  },
];

/** A flight, and when it was booked. */
export interface BookedFlight {
  /** ms since the Unix epoch */
  readonly bookedMs: number;
  readonly flight: FlightData;
}

/** Booked from noon (UTC) on: three flights in the first minute, two in the second, one in the third. */
export const BOOKED_FLIGHTS: readonly BookedFlight[] = [
  booked("12:00:05", "ANNA@email.com", "08:00", "10:30"),
  booked("12:00:20", "BEN@email.com", "14:00", "15:40"),
  booked("12:00:55", "ANNA@email.com", "19:30", "20:15"),
  booked("12:01:10", "ANNA@email.com", "06:00", "07:00"),
  booked("12:01:30", "CLEO@email.com", "11:00", "14:10"),
  booked("12:02:40", "BEN@email.com", "16:00", "18:00"),
];

function booked(at: string, email_address: string, departure: string, arrival: string): BookedFlight {
  return {
    bookedMs: Date.parse(`2026-03-01T${at}Z`),
    flight: {
      email_address,
      departure_time: `2026-03-09T${departure}:00.000`,
      departure_airport_code: "ATL",
      arrival_time: `2026-03-09T${arrival}:00.000`,
      arrival_airport_code: "DFW",
      flight_number: "SKY1606",
      confirmation: `SKY1${at.replaceAll(":", "")}`,
      source: "skyone",
    },
  };
}
