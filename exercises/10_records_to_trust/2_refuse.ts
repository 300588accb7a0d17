import type { DataStream } from "@stream-apps/deno";
import type { SkyoneData } from "../../src/models.ts";

/** Bookings whose price is above zero; the others become dead letters. */
export function defineWorkflow(bookings: DataStream<SkyoneData>): DataStream<SkyoneData> {
  // Your work: refuse bookings with a price of zero or less. Import RecordError from "@stream-apps/deno".
  return bookings;
}
