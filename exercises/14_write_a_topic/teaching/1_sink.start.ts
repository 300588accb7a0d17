import type { DataStream } from "@stream-apps/deno";
import type { Sink } from "@stream-apps/deno/sources";
import type { FlightData, SkyoneData } from "../../../src/models.ts";

/** Writes the flight of each booking into flightdata. */
export function defineWorkflow(bookings: DataStream<SkyoneData>, flightdata: Sink<FlightData>): void {
  // Your work: make flights, and let them leave the job by the sink.
  void [bookings, flightdata]; // not used yet: remove this line
}
