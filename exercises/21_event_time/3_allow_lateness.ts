import { type DataStream, Time } from "@stream-apps/deno";
import { TumblingEventTimeWindows } from "@stream-apps/deno/windows";

export interface Booking {
  readonly who: string;
  readonly flights: number;
}

/** The flights of each traveller in each minute. */
export function defineWorkflow(bookings: DataStream<Booking>): DataStream<Booking> {
  // Your work: for 30 seconds after it has fired, a window takes late bookings.
  return bookings.keyBy(({ who }) => who)
    .window(TumblingEventTimeWindows.of(Time.minutes(1)))
    .sum("flights").name("per_minute");
}
