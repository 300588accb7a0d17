import { type DataStream, Time } from "@stream-apps/deno";
import { type Collector, ProcessWindowFunction, type WindowContext } from "@stream-apps/deno/functions";
import { ValueStateDescriptor } from "@stream-apps/deno/state";
import { TumblingEventTimeWindows } from "@stream-apps/deno/windows";

export interface Count {
  readonly email: string;
  readonly flights: number;
}

/** For each traveller and minute with bookings: all flights so far, once the minute is over. */
export function defineWorkflow(bookings: DataStream<Count>): DataStream<Count> {
  return bookings.keyBy((booking) => booking.email)
    .window(TumblingEventTimeWindows.of(Time.minutes(1)))
    .reduce((a, b) => ({ email: a.email, flights: a.flights + b.flights }), new Totals());
}

class Totals extends ProcessWindowFunction<Count, Count, string> {
  readonly #total = new ValueStateDescriptor<number>("total");

  override process(email: string, context: WindowContext, elements: Iterable<Count>, out: Collector<Count>): void {
    // Your work: the window's flights, and those of all windows before.
    void [context, this.#total]; // not used yet: remove this line
    for (const { flights } of elements) out.collect({ email, flights });
  }
}
