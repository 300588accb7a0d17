import { Time, WatermarkStrategy } from "@stream-apps/deno";

export interface Booking {
  readonly who: string;
  readonly flights: number;
}

/** The partition that holds the watermark. */
export const HOLDS: number = 1;

/** How the source of bookings makes event time. Times ascend in each partition. */
export function watermarks(): WatermarkStrategy<Booking> {
  return WatermarkStrategy.forMonotonousTimestamps<Booking>().withIdleness(Time.seconds(20));
}
