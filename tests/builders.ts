/** Valid records with fixed values; a test names only what it is about. */
import type { FlightData, SkyoneData, SunsetData, UserStatistics } from "../src/models.ts";

/** A flight of 3 h 5 min. */
export function buildSkyone(overrides: Partial<SkyoneData> = {}): SkyoneData {
  return {
    email_address: "ANNAB@email.com",
    flight_departure_time: "2026-03-01T08:00:00.000",
    iata_departure_code: "ATL",
    flight_arrival_time: "2026-03-01T11:05:00.000",
    iata_arrival_code: "DFW",
    flight_number: "SKY1100",
    confirmation: "SKY1AAAAAA",
    ticket_price: 500,
    aircraft: "AircraftAAA",
    booking_agency_email: "AGENT@email.com",
    ...overrides,
  };
}

/** A flight of 2 h 30 min. */
export function buildSunset(overrides: Partial<SunsetData> = {}): SunsetData {
  return {
    customer_email_address: "ANNAB@email.com",
    departure_time: "2026-03-02T09:00:00.000",
    departure_airport: "DEN",
    arrival_time: "2026-03-02T11:30:00.000",
    arrival_airport: "ORD",
    flight_duration: 150,
    flight_id: "SUN200",
    reference_number: "SUNBBBBBB",
    total_price: 300,
    aircraft_details: "AircraftBBBB",
    ...overrides,
  };
}

/** A flight of 2 h. */
export function buildFlight(overrides: Partial<FlightData> = {}): FlightData {
  return {
    email_address: "ANNAB@email.com",
    departure_time: "2026-03-03T10:00:00.000",
    departure_airport_code: "LAX",
    arrival_time: "2026-03-03T12:00:00.000",
    arrival_airport_code: "SEA",
    flight_number: "SKY1300",
    confirmation: "SKY1CCCCCC",
    source: "skyone",
    ...overrides,
  };
}

export function buildStatistics(overrides: Partial<UserStatistics> = {}): UserStatistics {
  return { email_address: "ANNAB@email.com", total_flight_duration: 120, number_of_flights: 1, ...overrides };
}
