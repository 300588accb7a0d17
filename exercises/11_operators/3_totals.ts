import type { DataStream } from "@stream-apps/deno";

export interface Booking {
  readonly email: string;
  readonly euros: number;
}

export interface Total {
  readonly email: string;
  readonly flights: number;
  readonly euros: number;
}

/** After each booking: all that its traveller has booked so far. */
export function defineWorkflow(bookings: DataStream<Booking>): DataStream<Total> {
  // Your work: totals that grow, one for each traveller.
  return bookings.map(({ email }) => ({ email, flights: 0, euros: 0 }));
}
