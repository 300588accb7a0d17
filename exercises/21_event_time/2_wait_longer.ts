import { WatermarkStrategy } from "@stream-apps/deno";

export interface Booking {
  readonly who: string;
  readonly flights: number;
}

/** How the source of bookings makes event time. */
export function watermarks(): WatermarkStrategy<Booking> {
  // Your work: bookings may come up to five seconds behind later ones.
  return WatermarkStrategy.forMonotonousTimestamps<Booking>();
}
