import type { DataStream } from "@stream-apps/deno";

export interface Offer {
  readonly route: string;
  readonly euros: number;
}

/** After each offer: the cheapest so far of its route. */
export function defineWorkflow(offers: DataStream<Offer>): DataStream<Offer> {
  return offers.keyBy((offer) => offer.route).min("euros");
}
