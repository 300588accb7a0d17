/** Adds up each customer's orders, window by window: topic orders ─▶ topic totals. */
import { type DataStream, StreamExecutionEnvironment, WatermarkStrategy } from "@stream-apps/deno";
import { jobOptions, runMain, WINDOW_FLAG } from "@stream-apps/deno/job";
import { openBroker, type Topic } from "@stream-apps/deno/kafka";
import { TumblingEventTimeWindows } from "@stream-apps/deno/windows";
import { z } from "zod";

const orderSchema = z.object({ customer: z.string(), cents: z.int() });
/** In `orders` one order, in `totals` the sum of a customer's orders in a window. */
export type Order = z.infer<typeof orderSchema>;

const ORDERS: Topic<Order, string> = { name: "orders", schema: orderSchema, key: ({ customer }) => customer };
const TOTALS: Topic<Order, string> = { name: "totals", schema: orderSchema, key: ({ customer }) => customer };

/** What is done with the orders; a test hands in a stream of its own. */
export function defineWorkflow(orders: DataStream<Order>, windowMs: number): DataStream<Order> {
  return orders.keyBy(({ customer }) => customer)
    .window(TumblingEventTimeWindows.of(windowMs))
    .sum("cents").name("total");
}

async function main(signal: AbortSignal): Promise<void> {
  const options = jobOptions("order_totals", Deno.args, {
    command: "deno task start",
    describe: "Adds up each customer's orders, window by window: topic orders to topic totals.",
    flags: { windowMs: WINDOW_FLAG },
  });
  await using broker = await openBroker(options);
  const env = new StreamExecutionEnvironment({ ...options, store: broker, signal });
  const orders = env.fromSource(broker.source(ORDERS), WatermarkStrategy.forMonotonousTimestamps(), "orders");

  const totals = defineWorkflow(orders, options.windowMs);
  totals.sinkTo(broker.sink(TOTALS)).name("totals_sink");
  if (options.print) totals.print();
  await env.execute();
}

if (import.meta.main) await runMain(main);
