/**
 * Lookups by HTTP, many at a time and with retries: each order gets the price of its article from a service.
 *
 * What the service does not know (404) is a result of its own. A status that may pass (429, 5xx) and a connection that fails are
 * tried again; when all tries are used up, the record becomes a dead letter, to be replayed later.
 */
import { AsyncDataStream, type DataStream, RecordError } from "@stream-apps/deno";
import { type AsyncContext, AsyncRetryStrategies } from "@stream-apps/deno/functions";
import { z } from "zod";

/** An order, and the same with its price. */
export interface Order {
  readonly article: string;
  readonly pieces: number;
}
/** An order with what a piece costs; null if nobody knows the article. */
export type PricedOrder = Order & { readonly cents: number | null };

const answerSchema = z.object({ cents: z.int() });

/** Each order with its price from `GET service/article`, in any order. */
export function withPrices(
  orders: DataStream<Order>,
  service: URL,
  retryAfterMs: number = 200,
): DataStream<PricedOrder> {
  const lookUp = async (order: Order, context: AsyncContext): Promise<PricedOrder[]> => {
    const url = new URL(encodeURIComponent(order.article), service);
    const response = await fetch(url, { signal: context.signal() });
    if (response.status === 404) {
      await response.body?.cancel();
      return [{ ...order, cents: null }];
    }
    if (!response.ok) {
      await response.body?.cancel();
      throw new RecordError(`Cannot look up "${order.article}": ${url.host} answered ${response.status}`);
    }
    return [{ ...order, cents: answerSchema.parse(await response.json()).cents }];
  };
  return AsyncDataStream.unorderedWait(orders, lookUp, {
    timeoutMs: 30_000,
    capacity: 20,
    retry: AsyncRetryStrategies.exponentialBackoff(4, {
      initialDelayMs: retryAfterMs,
      maxRetryDelayMs: 10 * retryAfterMs,
      multiplier: 2,
    }),
  }).name("with_prices");
}
