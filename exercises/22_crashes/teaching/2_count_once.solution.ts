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

/** How many bookings each traveller has made so far: a result for each booking. */
export function defineWorkflow(bookings: DataStream<Booking>): DataStream<Count> {
  return bookings.keyBy(({ who }) => who).process(new CountBookings()).name("count");
}
