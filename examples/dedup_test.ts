import { Time } from "@stream-apps/deno";
import { JobHarness, TestSink, TestSource, watermarksByHand } from "@stream-apps/deno/testing";
import { assertEquals } from "@std/assert";
import { firstOfEachId } from "./dedup.ts";

Deno.test("firstOfEachId() lets an id pass once a day, also after a crash", async () => {
  const payments = new TestSource<{ id: string; cents: number }>("payments");
  const first = new TestSink<{ id: string; cents: number }>("first");
  await using harness = await new JobHarness((env) => {
    firstOfEachId(env.fromSource(payments, watermarksByHand(), "payments")).sinkTo(first);
  }).start();

  await payments.push({ id: "a", cents: 1 });
  await harness.commit();
  await harness.restart();
  await payments.push({ id: "a", cents: 2 });
  await payments.push({ id: "b", cents: 3 });
  assertEquals(first.values.map(({ cents }) => cents), [1, 3]);

  await harness.advanceClock(Time.days(1));
  await payments.push({ id: "a", cents: 4 });
  assertEquals(first.values.map(({ cents }) => cents), [1, 3, 4]);
});
