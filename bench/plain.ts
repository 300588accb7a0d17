/** What both jobs compute, written out once more without the project's code: a mistake there cannot hide here. */
import type { FlightData, SkyoneData, SunsetData } from "../src/models.ts";

export function flightOfSkyone(booking: SkyoneData): FlightData {
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

export function flightOfSunset(booking: SunsetData): FlightData {
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
 * Whole minutes in the air. The texts are read as times of this machine's zone, which is the fastest: right, as no zone puts
 * its clocks forward or back in the weeks of 2090 in which the bench's flights are.
 */
export function minutesOf(flight: FlightData): number {
  return Math.floor((Date.parse(flight.arrival_time) - Date.parse(flight.departure_time)) / 60_000);
}

/** End of the minute in which `timestampMs` lies, ms. */
export function minuteEnd(timestampMs: number): number {
  return (Math.floor(timestampMs / 60_000) + 1) * 60_000;
}
