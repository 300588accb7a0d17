import type { DataStream } from "@stream-apps/deno";
import type { FlightData } from "../../src/models.ts";

/** A booking as Moon writes it. */
export interface MoonData {
  readonly who: string;
  readonly ticket: string;
  readonly takeOff: string;
  readonly landing: string;
}

/** The flights of the other airlines, and Moon's. */
export function defineWorkflow(flights: DataStream<FlightData>, moon: DataStream<MoonData>): DataStream<FlightData> {
  // Your work: add Moon's flights.
  void [moon, flightFromMoon]; // not used yet: remove this line
  return flights;
}

function flightFromMoon({ who, ticket, takeOff, landing }: MoonData): FlightData {
  // Your work: the fields of a booking of Moon, in their places.
  void [who, ticket, takeOff, landing]; // not used yet: remove this line
  return {
    email_address: "?",
    departure_time: "?",
    departure_airport_code: "IAH",
    arrival_time: "?",
    arrival_airport_code: "MCO",
    flight_number: "MOON1",
    confirmation: "?",
    source: "sunset",
  };
}
