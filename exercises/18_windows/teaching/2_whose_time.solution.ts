import { WatermarkStrategy } from "@stream-apps/deno";

export interface Booking {
  readonly email: string;
  readonly flights: number;
  /** "2026-03-01T12:00:05Z" */
  readonly bookedAt: string;
  /** "2026-03-09T08:00:00Z" */
  readonly departsAt: string;
}

/** Bookings come in the order in which they were made. */
export function watermarks(): WatermarkStrategy<Booking> {
  return WatermarkStrategy.forMonotonousTimestamps()
    .withTimestampAssigner((booking: Booking) => Date.parse(booking.bookedAt));
}
