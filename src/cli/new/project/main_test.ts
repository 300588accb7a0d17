import { WatermarkStrategy } from "@stream-apps/deno";
import { JobHarness, TestSink, TestSource } from "@stream-apps/deno/testing";
import { assertEquals } from "@std/assert";
import { defineWorkflow, type Order } from "./main.ts";

Deno.test("defineWorkflow() adds up a customer's orders of a minute, and a crash in between changes nothing", async () => {
  const orders = new TestSource<Order>("orders");
  const totals = new TestSink<Order>("totals");
  await using harness = await new JobHarness((env) => {
    const stream = env.fromSource(orders, WatermarkStrategy.forMonotonousTimestamps(), "orders");
    defineWorkflow(stream, 60_000).sinkTo(totals);
  }).start();

  await orders.push({ customer: "ann", cents: 300 }, 10_000);
  await harness.commit();
  await harness.crash();
  await harness.restart();
  await orders.push({ customer: "ann", cents: 400 }, 59_999);
  await orders.push({ customer: "ben", cents: 100 }, 60_000); // event time passes the end of the first minute

  assertEquals(totals.values, [{ customer: "ann", cents: 700 }]);
});
