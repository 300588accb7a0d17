import { type DataStream, RecordError } from "@stream-apps/deno";

export interface Sale {
  readonly who: string;
  /** "12.50" */
  readonly price: string;
}

export interface Spent {
  readonly who: string;
  readonly cents: number;
}

/** The cents of a price such as "12.50", "12,50" or "12". */
export function cents(price: string): number {
  if (!/^\d+([.,]\d\d)?$/.test(price)) throw new RecordError(`"${price}" is no price`);
  return Math.round(Number(price.replace(",", ".")) * 100);
}

/** What each traveller has spent so far. */
export function defineWorkflow(sales: DataStream<Sale>): DataStream<Spent> {
  return sales.map(({ who, price }) => ({ who, cents: cents(price) })).name("cents")
    .keyBy(({ who }) => who).sum("cents").name("spent");
}
