import type { DataStream } from "@stream-apps/deno";
import { type FlightData, flightFromSkyone, landsAfter, type SkyoneData } from "../../../src/models.ts";

/** Flights of Skyone that land after `now()` (ms since the epoch). */
export function defineWorkflow(bookings: DataStream<SkyoneData>, now: () => number): DataStream<FlightData> {
  return bookings.map(flightFromSkyone).filter((flight) => landsAfter(flight, now()));
}
