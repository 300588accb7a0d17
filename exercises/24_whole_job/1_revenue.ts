import type { DataStream, StreamExecutionEnvironment } from "@stream-apps/deno";
import type { Source } from "@stream-apps/deno/sources";

export interface Booking {
  readonly ref: string;
  readonly airline: string;
  readonly cents: number;
}

export interface Revenue {
  readonly airline: string;
  /** When the minute begins, ms since the Unix epoch. */
  readonly minuteMs: number;
  readonly bookings: number;
  readonly cents: number;
}

export interface Streams {
  readonly revenue: DataStream<Revenue>;
  /** Bookings that came too late for their minute. */
  readonly late: DataStream<Booking>;
}

/** What airlines earn, minute by minute. */
export function defineWorkflow(env: StreamExecutionEnvironment, topic: Source<Booking>): Streams {
  // Your work.
  void [env, topic];
  throw new Error("nothing is here yet");
}
