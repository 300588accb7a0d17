import { WatermarkStrategy } from "@stream-apps/deno";

export interface Booking {
  readonly email: string;
  readonly flights: number;
  /** When it was made, ms since the Unix epoch. */
  readonly bookedMs: number;
}

/** Bookings come at most 30 seconds behind the newest. */
export function watermarks(): WatermarkStrategy<Booking> {
  // Your work: another strategy, and the time of a booking.
  return WatermarkStrategy.forMonotonousTimestamps();
}
