import type { DataStream } from "@stream-apps/deno";

/** Prices by what they are. */
export interface Ways {
  /** Those of zero. */
  readonly free: DataStream<number>;
  /** Those below zero. */
  readonly refunds: DataStream<number>;
  /** All others. */
  readonly sales: DataStream<number>;
}

/** Each price goes one way. */
export function defineWorkflow(prices: DataStream<number>): Ways {
  return prices.split({
    free: (euros) => euros === 0,
    refunds: (euros) => euros < 0,
    sales: () => true,
  });
}
