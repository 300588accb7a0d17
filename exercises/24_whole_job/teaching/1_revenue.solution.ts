import {
  type DataStream,
  OutputTag,
  RecordError,
  type StreamExecutionEnvironment,
  Time,
  WatermarkStrategy,
} from "@stream-apps/deno";
import {
  type AggregateFunction,
  type Collector,
  type KeyedProcessContext,
  KeyedProcessFunction,
  type KeyedRuntimeContext,
  ProcessWindowFunction,
  type WindowContext,
} from "@stream-apps/deno/functions";
import type { Source } from "@stream-apps/deno/sources";
import { type StateTtlConfig, type ValueState, ValueStateDescriptor } from "@stream-apps/deno/state";
import { TumblingEventTimeWindows } from "@stream-apps/deno/windows";

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

interface Sum {
  readonly bookings: number;
  readonly cents: number;
}

const LATE = new OutputTag<Booking>("late");

function checkPrice(booking: Booking): Booking {
  if (!(booking.cents > 0)) throw new RecordError(`${booking.ref} costs ${booking.cents} cents`);
  return booking;
}

class FirstOnly extends KeyedProcessFunction<string, Booking, Booking> {
  #seen!: ValueState<boolean>;

  override open(context: KeyedRuntimeContext): void {
    const ttl: StateTtlConfig = { ttlMs: Time.hours(1), ttlTimeCharacteristic: "EventTime" };
    this.#seen = context.getState(new ValueStateDescriptor<boolean>("seen", { ttl }));
  }

  override processElement(booking: Booking, _context: KeyedProcessContext<string>, out: Collector<Booking>): void {
    if (this.#seen.value() === true) return;
    this.#seen.update(true);
    out.collect(booking);
  }
}

const SUMS: AggregateFunction<Booking, Sum, Sum> = {
  createAccumulator: () => ({ bookings: 0, cents: 0 }),
  add: ({ cents }, sum) => ({ bookings: sum.bookings + 1, cents: sum.cents + cents }),
  getResult: (sum) => sum,
  merge: (a, b) => ({ bookings: a.bookings + b.bookings, cents: a.cents + b.cents }),
};

class WithMinute extends ProcessWindowFunction<Sum, Revenue, string> {
  override process(airline: string, context: WindowContext, sums: Iterable<Sum>, out: Collector<Revenue>): void {
    for (const sum of sums) out.collect({ airline, minuteMs: context.window().startMs, ...sum });
  }
}

/** What airlines earn, minute by minute. */
export function defineWorkflow(env: StreamExecutionEnvironment, topic: Source<Booking>): Streams {
  const strategy = WatermarkStrategy.forBoundedOutOfOrderness<Booking>(Time.seconds(10)).withIdleness(Time.seconds(30));
  const bookings = env.fromSource(topic, strategy, "bookings")
    .map(checkPrice).name("price")
    .keyBy(({ ref }) => ref).process(new FirstOnly()).name("first_only");
  const revenue = bookings.keyBy(({ airline }) => airline)
    .window(TumblingEventTimeWindows.of(Time.minutes(1)))
    .sideOutputLateData(LATE)
    .aggregate(SUMS, new WithMinute()).name("revenue");
  return { revenue, late: revenue.getSideOutput(LATE) };
}
