import type { Topic } from "@stream-apps/deno/kafka";
import { z } from "zod";

const moonSchema = z.object({
  who: z.string().min(1),
  ticket: z.string().min(1),
  euros: z.number().positive(),
});

/** A booking of Moon. */
export type MoonData = z.infer<typeof moonSchema>;

/** Bookings of Moon, under their ticket. */
export const MOON: Topic<MoonData, string> = {
  name: "moon",
  schema: moonSchema,
  key: (booking) => booking.ticket,
};
