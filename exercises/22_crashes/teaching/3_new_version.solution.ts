import type { DataStream } from "@stream-apps/deno";
import {
  type Collector,
  type KeyedProcessContext,
  KeyedProcessFunction,
  type KeyedRuntimeContext,
} from "@stream-apps/deno/functions";
import { type ValueState, ValueStateDescriptor } from "@stream-apps/deno/state";

export interface Booking {
  readonly who: string;
  readonly flights: number;
}

export interface Count {
  readonly who: string;
  readonly bookings: number;
}

class CountBookings extends KeyedProcessFunction<string, Booking, Count> {
  #count!: ValueState<number>;

  override open(context: KeyedRuntimeContext): void {
    this.#count = context.getState(new ValueStateDescriptor<number>("count"));
  }

  override processElement({ who }: Booking, _context: KeyedProcessContext<string>, out: Collector<Count>): void {
    const count = (this.#count.value() ?? 0) + 1;
    this.#count.update(count);
    out.collect({ who, bookings: count });
  }
}

/** Version 1, which has run for a year. */
export function version1(bookings: DataStream<Booking>): DataStream<Count> {
  return bookings.keyBy(({ who }) => who).process(new CountBookings()).name("count");
}

/** Version 2, which takes its place. */
export function version2(bookings: DataStream<Booking>): DataStream<Count> {
  return bookings.filter(({ flights }) => flights > 0).name("with flights")
    .keyBy(({ who }) => who).process(new CountBookings()).uid("count").name("bookings so far");
}
