import type { DataStream } from "@stream-apps/deno";
import { type FlightData, statisticsFromFlight, type UserStatistics } from "../../src/models.ts";

/** For each traveller and window: all flights and minutes so far, once the window has closed. */
export function defineWorkflow(flights: DataStream<FlightData>, windowMs: number): DataStream<UserStatistics> {
  // Your work: all of it.
  void windowMs; // not used yet: remove this line
  return flights.map(statisticsFromFlight);
}
