import type { DataStream } from "@stream-apps/deno";
import type { FlightData } from "../../../src/models.ts";

/** A booking as Moon writes it. */
export interface MoonData {
  readonly who: string;
  readonly ticket: string;
  readonly takeOff: string;
  readonly landing: string;
}

/** The flights of the other airlines, and Moon's. */
export function defineWorkflow(flights: DataStream<FlightData>, moon: DataStream<MoonData>): DataStream<FlightData> {
  return flights.union(moon.map(flightFromMoon));
}

function flightFromMoon({ who, ticket, takeOff, landing }: MoonData): FlightData {
  return {
    email_address: who,
    departure_time: takeOff,
    departure_airport_code: "IAH",
    arrival_time: landing,
    arrival_airport_code: "MCO",
    flight_number: "MOON1",
    confirmation: ticket,
    source: "sunset",
  };
}
