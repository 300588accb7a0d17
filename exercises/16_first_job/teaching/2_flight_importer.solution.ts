import type { DataStream } from "@stream-apps/deno";
import {
  type FlightData,
  flightFromSkyone,
  flightFromSunset,
  landsAfter,
  type SkyoneData,
  type SunsetData,
} from "../../../src/models.ts";

/** Flights of both airlines that land after `now()` (ms since the epoch). */
export function defineWorkflow(
  skyone: DataStream<SkyoneData>,
  sunset: DataStream<SunsetData>,
  now: () => number,
): DataStream<FlightData> {
  return skyone.map(flightFromSkyone).name("flight_from_skyone")
    .union(sunset.map(flightFromSunset).name("flight_from_sunset"))
    .filter((flight) => landsAfter(flight, now())).name("still_to_land");
}
