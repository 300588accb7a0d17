import type { DataStream } from "@stream-apps/deno";

export interface Count {
  readonly email: string;
  readonly flights: number;
}

/** For each traveller and minute: the flights that were booked in it, once it is over. */
export function defineWorkflow(bookings: DataStream<Count>): DataStream<Count> {
  // Your work: by traveller, in windows of a minute, the sum of flights.
  return bookings;
}
