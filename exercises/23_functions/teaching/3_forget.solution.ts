import { type DataStream, Time } from "@stream-apps/deno";
import {
  type Collector,
  type KeyedProcessContext,
  KeyedProcessFunction,
  type KeyedRuntimeContext,
} from "@stream-apps/deno/functions";
import { type StateTtlConfig, type ValueState, ValueStateDescriptor } from "@stream-apps/deno/state";

export interface Booking {
  readonly ref: string;
}

class FirstOnly extends KeyedProcessFunction<string, Booking, Booking> {
  #seen!: ValueState<boolean>;

  override open(context: KeyedRuntimeContext): void {
    const ttl: StateTtlConfig = { ttlMs: Time.days(1), ttlTimeCharacteristic: "EventTime" };
    this.#seen = context.getState(new ValueStateDescriptor<boolean>("seen", { ttl }));
  }

  override processElement(booking: Booking, _context: KeyedProcessContext<string>, out: Collector<Booking>): void {
    if (this.#seen.value() === true) return;
    this.#seen.update(true);
    out.collect(booking);
  }
}

/** Bookings without those that are sent again. */
export function defineWorkflow(bookings: DataStream<Booking>): DataStream<Booking> {
  return bookings.keyBy(({ ref }) => ref).process(new FirstOnly()).name("first_only");
}
