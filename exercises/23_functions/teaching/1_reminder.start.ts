import type { DataStream } from "@stream-apps/deno";
import {
  type Collector,
  type KeyedProcessContext,
  KeyedProcessFunction,
  type KeyedRuntimeContext,
  type OnTimerContext,
} from "@stream-apps/deno/functions";
import { type ValueState, ValueStateDescriptor } from "@stream-apps/deno/state";

export interface BookingEvent {
  readonly ref: string;
  readonly kind: "booked" | "paid";
}

class Reminder extends KeyedProcessFunction<string, BookingEvent, string> {
  /** When the reminder is due. */
  #dueMs!: ValueState<number>;

  override open(context: KeyedRuntimeContext): void {
    this.#dueMs = context.getState(new ValueStateDescriptor<number>("due"));
  }

  override processElement(event: BookingEvent, context: KeyedProcessContext<string>): void {
    // Your work: what becomes of a booking, and of a payment?
    void [event, context, this.#dueMs];
  }

  override onTimer(_timeMs: number, context: OnTimerContext<string>, out: Collector<string>): void {
    // Your work: nobody has paid.
    void [context, out];
  }
}

/** References of bookings that are not paid within 15 minutes. */
export function defineWorkflow(events: DataStream<BookingEvent>): DataStream<string> {
  return events.keyBy(({ ref }) => ref).process(new Reminder()).name("reminder");
}
