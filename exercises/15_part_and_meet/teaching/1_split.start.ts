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
  // Your work: part the stream.
  return { free: prices, refunds: prices, sales: prices };
}
