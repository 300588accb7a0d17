import type { DataStream } from "@stream-apps/deno";
import type { Sink } from "@stream-apps/deno/sources";
import { type FlightData, flightFromSkyone, type SkyoneData } from "../../../src/models.ts";

/** Writes the flight of each booking into flightdata. */
export function defineWorkflow(bookings: DataStream<SkyoneData>, flightdata: Sink<FlightData>): void {
  bookings.map(flightFromSkyone).sinkTo(flightdata).name("flightdata_sink");
}
