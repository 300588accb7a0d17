import { type DataStream, OutputTag, Time } from "@stream-apps/deno";
import { TumblingEventTimeWindows } from "@stream-apps/deno/windows";

export interface Booking {
  readonly who: string;
  readonly flights: number;
}

export interface Streams {
  /** The flights of each traveller in each minute. */
  readonly counts: DataStream<Booking>;
  /** Bookings that came too late for that. */
  readonly late: DataStream<Booking>;
}

const LATE = new OutputTag<Booking>("late");

export function defineWorkflow(bookings: DataStream<Booking>): Streams {
  const counts = bookings.keyBy(({ who }) => who)
    .window(TumblingEventTimeWindows.of(Time.minutes(1)))
    .sideOutputLateData(LATE)
    .sum("flights").name("per_minute");
  return { counts, late: counts.getSideOutput(LATE) };
}
