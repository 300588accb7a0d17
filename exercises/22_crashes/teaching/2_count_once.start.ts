import type { DataStream } from "@stream-apps/deno";
import { type Collector, type KeyedProcessContext, KeyedProcessFunction } from "@stream-apps/deno/functions";

export interface Booking {
  readonly who: string;
}

export interface Count {
  readonly who: string;
  readonly bookings: number;
}

class CountBookings extends KeyedProcessFunction<string, Booking, Count> {
  // Your work: this is gone after a crash.
  readonly #counts = new Map<string, number>();

  override processElement({ who }: Booking, _context: KeyedProcessContext<string>, out: Collector<Count>): void {
    const count = (this.#counts.get(who) ?? 0) + 1;
    this.#counts.set(who, count);
    out.collect({ who, bookings: count });
  }
}

/** How many bookings each traveller has made so far: a result for each booking. */
export function defineWorkflow(bookings: DataStream<Booking>): DataStream<Count> {
  return bookings.keyBy(({ who }) => who).process(new CountBookings()).name("count");
}
