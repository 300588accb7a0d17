import type { DataStream } from "@stream-apps/deno";

/** The legs of each journey: "ATL-DFW" and "DFW-SEA" of "ATL-DFW-SEA". */
export function defineWorkflow(journeys: DataStream<string>): DataStream<string> {
  // Your work: any number of legs of each journey.
  return journeys;
}
