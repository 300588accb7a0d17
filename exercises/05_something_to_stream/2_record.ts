import type { SkyoneData } from "../../src/models.ts";

/** A record as it goes to a topic; key and value are texts. */
export interface TopicRecord {
  readonly key: string;
  readonly value: string;
  /** Event time, ms since the Unix epoch. */
  readonly timestampMs: number;
}

/**
 * The record of a booking.
 * @param bookedMs when it was booked, ms since the Unix epoch
 */
export function recordOf(booking: SkyoneData, bookedMs: number): TopicRecord {
  // Your work: key, value and time.
  void [booking, bookedMs]; // not used yet: remove this line
  return { key: "", value: "", timestampMs: 0 };
}
