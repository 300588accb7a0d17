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
  return bookings
    .map(({ email, euros }) => ({ email, flights: 1, euros }))
    .keyBy((total) => total.email)
    .reduce((a, b) => ({ email: a.email, flights: a.flights + b.flights, euros: a.euros + b.euros }));
}
