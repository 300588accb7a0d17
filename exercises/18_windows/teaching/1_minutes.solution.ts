import { type DataStream, Time } from "@stream-apps/deno";
import { TumblingEventTimeWindows } from "@stream-apps/deno/windows";

export interface Count {
  readonly email: string;
  readonly flights: number;
}

/** For each traveller and minute: the flights that were booked in it, once it is over. */
export function defineWorkflow(bookings: DataStream<Count>): DataStream<Count> {
  return bookings.keyBy((booking) => booking.email)
    .window(TumblingEventTimeWindows.of(Time.minutes(1)))
    .sum("flights");
}
