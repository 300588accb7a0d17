import { type DataStream, Time } from "@stream-apps/deno";

export interface Booking {
  readonly ref: string;
  readonly who: string;
}

export interface Payment {
  readonly ref: string;
  readonly cents: number;
}

export interface PaidBooking {
  readonly ref: string;
  readonly who: string;
  readonly cents: number;
}

/** Bookings with the payments that were made within 30 minutes after them. */
export function defineWorkflow(bookings: DataStream<Booking>, payments: DataStream<Payment>): DataStream<PaidBooking> {
  return bookings.keyBy(({ ref }) => ref).intervalJoin(payments.keyBy(({ ref }) => ref))
    .between(0, Time.minutes(30))
    .process<PaidBooking>({
      processElement: ({ ref, who }, { cents }, _context, out) => out.collect({ ref, who, cents }),
    });
}
