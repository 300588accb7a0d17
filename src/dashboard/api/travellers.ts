import { Hono } from "hono";
import { streamSSE } from "hono/streaming";
import { SYSTEM_CLOCK } from "../../engine/mod.ts";
import { type TotalsAt, type Traveller, Travellers } from "../../inspect/travellers.ts";
import type { DashboardContext } from "../context.ts";

/** `GET /` */
export interface TravellerTopicsAnswer {
  readonly topics: readonly string[];
}

/** The event `travellers` of `GET /TOPIC`, at once and whenever something has changed. */
export interface TravellersEvent {
  readonly totals: Omit<TotalsAt, "atMs">;
  /** Results that were read. */
  readonly records: number;
  readonly caughtUp: boolean;
  /** How the totals have grown over event time. */
  readonly points: readonly TotalsAt[];
  /** Those with the most flights. */
  readonly top: readonly Traveller[];
}

const EVENT_MS = 1_000;
const SHOWN = 100;

/** Totals per traveller: topics that hold them, and what is in one, growing. */
export function travellersApi({ broker, signal }: DashboardContext): Hono {
  return new Hono()
    .get("/", async (c) => {
      const topics = (await broker.listTopics()).filter((name) => /(^|\.)userstatistics$/.test(name));
      return c.json({ topics } satisfies TravellerTopicsAnswer);
    })
    .get("/:topic", async (c) => {
      const name = c.req.param("topic");
      const search = c.req.query("search") ?? "";
      await broker.describeTopics([name]);
      return streamSSE(c, async (stream) => {
        const end = new AbortController();
        stream.onAbort(() => end.abort());
        const both = AbortSignal.any([end.signal, signal]);
        const travellers = new Travellers();
        const reading = travellers.read(broker, name, both).catch(() => end.abort());
        let sent = -1;
        while (!both.aborted) {
          if (travellers.caughtUp && travellers.changes !== sent) {
            sent = travellers.changes;
            const { totals, records, caughtUp, points } = travellers;
            const event: TravellersEvent = { totals, records, caughtUp, points, top: travellers.top(SHOWN, search) };
            await stream.writeSSE({ event: "travellers", data: JSON.stringify(event) });
          }
          await SYSTEM_CLOCK.sleep(travellers.caughtUp ? EVENT_MS : 50, both);
        }
        await reading;
      });
    });
}
