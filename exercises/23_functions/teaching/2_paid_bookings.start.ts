import type { DataStream } from "@stream-apps/deno";

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
  // Your work: each booking with its payment.
  void payments;
  return bookings.map(({ ref, who }) => ({ ref, who, cents: 0 }));
}
