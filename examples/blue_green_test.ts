import { WatermarkStrategy } from "@stream-apps/deno";
import { JobHarness, TestSink, TestSource } from "@stream-apps/deno/testing";
import { assertEquals } from "@std/assert";
import { type Payment, type Total, totalsOf } from "./blue_green.ts";

Deno.test("totalsOf() as green goes on from what blue has stored", async () => {
  let version: 1 | 2 = 1;
  const payments = new TestSource<Payment>("payments");
  const totals = new TestSink<Total>("totals");
  await using harness = new JobHarness((env) => {
    totalsOf(env.fromSource(payments, WatermarkStrategy.noWatermarks(), "payments"), version).sinkTo(totals);
  });
  await harness.start();
  await payments.push({ account: "ann", cents: 5 });
  await harness.stop();

  version = 2;
  await harness.start();
  await payments.push({ account: "ann", cents: 7 });
  await payments.push({ account: "ben", cents: 1 });
  assertEquals(totals.values, [
    { account: "ann", cents: 5 },
    { account: "ann", cents: 12, payments: 1 },
    { account: "ben", cents: 1, payments: 1 },
  ]);
});
