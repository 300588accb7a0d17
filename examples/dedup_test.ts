import { Time, WatermarkStrategy } from "@stream-apps/deno";
import { JobHarness, TestSink, TestSource } from "@stream-apps/deno/testing";
import { assertEquals } from "@std/assert";
import { firstOfEachId } from "./dedup.ts";

Deno.test("firstOfEachId() lets an id pass once a day, also after a crash", async () => {
  const payments = new TestSource<{ id: string; cents: number }>("payments");
  const first = new TestSink<{ id: string; cents: number }>("first");
  await using harness = await new JobHarness((env) => {
    firstOfEachId(env.fromSource(payments, WatermarkStrategy.forMonotonousTimestamps(), "payments")).sinkTo(first);
  }).start();

  await payments.push({ id: "a", cents: 1 }, Time.hours(1));
  await harness.commit();
  await harness.restart();
  await payments.push({ id: "a", cents: 2 }, Time.hours(24));
  await payments.push({ id: "b", cents: 3 }, Time.hours(24));
  assertEquals(first.values.map(({ cents }) => cents), [1, 3]);

  await payments.push({ id: "a", cents: 4 }, Time.hours(25));
  assertEquals(first.values.map(({ cents }) => cents), [1, 3, 4]);
});
