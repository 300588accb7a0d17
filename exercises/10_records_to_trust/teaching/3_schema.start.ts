import type { Topic } from "@stream-apps/deno/kafka";
import { z } from "zod";

// Your work: the fields who, ticket and euros.
const moonSchema = z.object({});

/** A booking of Moon. */
export type MoonData = z.infer<typeof moonSchema>;

/** Bookings of Moon, under their ticket. */
export const MOON: Topic<MoonData, string> = {
  name: "moon",
  schema: moonSchema,
  // Your work: the booking's ticket.
  key: () => "?",
};
