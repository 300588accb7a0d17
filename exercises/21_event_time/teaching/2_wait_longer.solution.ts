import { Time, WatermarkStrategy } from "@stream-apps/deno";

export interface Booking {
  readonly who: string;
  readonly flights: number;
}

/** How the source of bookings makes event time. */
export function watermarks(): WatermarkStrategy<Booking> {
  return WatermarkStrategy.forBoundedOutOfOrderness<Booking>(Time.seconds(5));
}
