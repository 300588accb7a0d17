import type { DataStream } from "@stream-apps/deno";

/** The legs of each journey: "ATL-DFW" and "DFW-SEA" of "ATL-DFW-SEA". */
export function defineWorkflow(journeys: DataStream<string>): DataStream<string> {
  return journeys.flatMap((journey, out) => {
    const airports = journey.split("-");
    for (let i = 1; i < airports.length; i++) out.collect(`${airports[i - 1]}-${airports[i]}`);
  });
}
