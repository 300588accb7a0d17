import { type DataStream, RecordError } from "@stream-apps/deno";
import type { SkyoneData } from "../../../src/models.ts";

/** Bookings whose price is above zero; the others become dead letters. */
export function defineWorkflow(bookings: DataStream<SkyoneData>): DataStream<SkyoneData> {
  return bookings.map((booking) => {
    if (booking.ticket_price <= 0) throw new RecordError(`ticket_price is ${booking.ticket_price}`);
    return booking;
  });
}
