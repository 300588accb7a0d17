import type { DataStream } from "@stream-apps/deno";
import {
  type Collector,
  type KeyedProcessContext,
  KeyedProcessFunction,
  type KeyedRuntimeContext,
} from "@stream-apps/deno/functions";
import { type ValueState, ValueStateDescriptor } from "@stream-apps/deno/state";

export interface Booking {
  readonly email: string;
  readonly flight: string;
}

/** The first booking of each traveller. */
export function defineWorkflow(bookings: DataStream<Booking>): DataStream<Booking> {
  return bookings.keyBy((booking) => booking.email).process(new First());
}

class First extends KeyedProcessFunction<string, Booking, Booking> {
  /** Whether there was a booking; undefined if not. */
  #seen!: ValueState<boolean>;

  override open(context: KeyedRuntimeContext): void {
    this.#seen = context.getState(new ValueStateDescriptor<boolean>("seen"));
  }

  override processElement(booking: Booking, _context: KeyedProcessContext<string>, out: Collector<Booking>): void {
    // Your work: only the first one, and remember that there was one.
    void this.#seen; // not used yet: remove this line
    out.collect(booking);
  }
}
