import type { DataStream } from "@stream-apps/deno";
import type { SkyoneData } from "../../../src/models.ts";

/** A line about each booking: "SKY1AAAAAA: ANNA@email.com flies from ATL to DFW for 700". */
export function defineWorkflow(bookings: DataStream<SkyoneData>): DataStream<string> {
  return bookings.map((booking) => {
    const { confirmation, email_address, iata_departure_code: from, iata_arrival_code: to, ticket_price } = booking;
    return `${confirmation}: ${email_address} flies from ${from} to ${to} for ${ticket_price}`;
  });
}
