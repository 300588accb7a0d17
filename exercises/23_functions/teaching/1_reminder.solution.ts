import { type DataStream, Time } from "@stream-apps/deno";
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

  override processElement({ kind }: BookingEvent, context: KeyedProcessContext<string>): void {
    const timers = context.timerService();
    if (kind === "booked") {
      const dueMs = context.timestamp()! + Time.minutes(15);
      timers.registerEventTimeTimer(dueMs);
      this.#dueMs.update(dueMs);
      return;
    }
    const dueMs = this.#dueMs.value();
    if (dueMs === undefined) return;
    timers.deleteEventTimeTimer(dueMs);
    this.#dueMs.clear(); // it is paid
  }

  override onTimer(_timeMs: number, context: OnTimerContext<string>, out: Collector<string>): void {
    out.collect(context.currentKey());
    this.#dueMs.clear(); // it is reminded
  }
}

/** References of bookings that are not paid within 15 minutes. */
export function defineWorkflow(events: DataStream<BookingEvent>): DataStream<string> {
  return events.keyBy(({ ref }) => ref).process(new Reminder()).name("reminder");
}
