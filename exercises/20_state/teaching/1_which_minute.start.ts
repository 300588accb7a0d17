import { type DataStream, Time } from "@stream-apps/deno";
import { type Collector, ProcessWindowFunction, type WindowContext } from "@stream-apps/deno/functions";
import { TumblingEventTimeWindows } from "@stream-apps/deno/windows";

export interface Count {
  readonly email: string;
  readonly flights: number;
}

/** For each traveller and minute: "12:00 anna 3". */
export function defineWorkflow(bookings: DataStream<Count>): DataStream<string> {
  return bookings.keyBy((booking) => booking.email)
    .window(TumblingEventTimeWindows.of(Time.minutes(1)))
    .reduce((a, b) => ({ email: a.email, flights: a.flights + b.flights }), new WithMinute());
}

class WithMinute extends ProcessWindowFunction<Count, string, string> {
  override process(email: string, context: WindowContext, elements: Iterable<Count>, out: Collector<string>): void {
    // Your work: one line, with the window's beginning.
    void [context, elements, clock]; // not used yet: remove this line
    out.collect(email);
  }
}

/** "12:00" */
function clock(ms: number): string {
  return new Date(ms).toISOString().slice(11, 16);
}
