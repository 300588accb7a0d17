import type { DataStream } from "@stream-apps/deno";

export interface Offer {
  readonly route: string;
  readonly euros: number;
}

/** After each offer: the cheapest so far of its route. */
export function defineWorkflow(offers: DataStream<Offer>): DataStream<Offer> {
  // Your work: what belongs together, and what is wanted of it.
  return offers;
}
