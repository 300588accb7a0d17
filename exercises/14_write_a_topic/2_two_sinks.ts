import type { DataStream } from "@stream-apps/deno";
import type { Sink } from "@stream-apps/deno/sources";
import { type FlightData, flightFromSkyone, type SkyoneData } from "../../src/models.ts";

/** Where results go. */
export interface Sinks {
  readonly flightdata: Sink<FlightData>;
  /** "SKY1AAAAAA 2026-03-02T08:00:00.000": confirmation and departure. */
  readonly meals: Sink<string>;
}

/** Writes all flights into flightdata, and a line about each of more than two hours into meals. */
export function defineWorkflow(bookings: DataStream<SkyoneData>, { flightdata, meals }: Sinks): void {
  const flights = bookings.map(flightFromSkyone);
  flights.sinkTo(flightdata);
  // Your work: the lines for the kitchen.
  void meals; // not used yet: remove this line
}
