/** State that expires by event time in the workers of a Flink cluster: the same is forgotten as at home, whatever the restarts. */
import { assertEquals } from "@std/assert";
import { z } from "zod";
import { firstOfEachId } from "../../examples/dedup.ts";
import type { Topic } from "../../src/connectors/mod.ts";
import { WatermarkStrategy } from "../../src/engine/mod.ts";
import { type DefineJob, StageRig } from "./stage_rig.ts";

const TTL_MS = 10;
const payment = z.object({ id: z.string(), at: z.int() });
const PAYMENTS: Topic<z.infer<typeof payment>, string> = { name: "payments", schema: payment, key: ({ id }) => id };
const FIRST: Topic<z.infer<typeof payment>, string> = { ...PAYMENTS, name: "first" };

const define: DefineJob = (env, broker) => {
  firstOfEachId(
    env.fromSource(broker.source(PAYMENTS), WatermarkStrategy.forMonotonousTimestamps(), "payments"),
    TTL_MS,
  ).sinkTo(broker.sink(FIRST)).name("first");
};

Deno.test("an id passes once within the time to live, whatever the restarts and the number of workers", async () => {
  const rig = await StageRig.open(define, {}, { parallelism: 2, batch: 3 });
  const payments = Array.from({ length: 60 }, (_, at) => ({ id: `p${(at * at) % 7}`, at }));
  const last = new Map<string, number>();
  const expected = payments.filter(({ id, at }) => {
    if (at - (last.get(id) ?? Number.NEGATIVE_INFINITY) < TTL_MS) return false;
    last.set(id, at);
    return true;
  });
  for (const [round, parallelism] of [3, 1, 4, 2].entries()) {
    await rig.feed(
      payments.slice(round * 15, (round + 1) * 15).map((payment) => ({
        topic: PAYMENTS.name,
        partition: payment.id.charCodeAt(1) % 2,
        key: new TextEncoder().encode(payment.id),
        value: new TextEncoder().encode(JSON.stringify(payment)),
        timestampMs: payment.at,
      })),
    );
    await rig.restart({ parallelism, batch: 3 });
  }
  const times = rig.results.map(({ value }) => (JSON.parse(value!) as { at: number }).at);
  assertEquals(times.toSorted((a, b) => a - b), expected.map(({ at }) => at));
});
