/** Event time that workers make of a topic: by partition, as at home. */
import { assertEquals } from "@std/assert";
import { TumblingEventTimeWindows, WatermarkStrategy } from "../../src/engine/mod.ts";
import { OUT, type Reading, READINGS, readings, START_MS } from "./stage_jobs.ts";
import { type DefineJob, StageRig } from "./stage_rig.ts";

/** Windows of a second; a partition is idle after a second. */
const job: DefineJob = (env, broker) => {
  const strategy = WatermarkStrategy.forMonotonousTimestamps<Reading>()
    .withTimestampAssigner((_value, timestampMs) => timestampMs + 1).withIdleness(1_000);
  env.fromSource(broker.source(READINGS), strategy, "readings").keyBy(({ sensor }) => sensor)
    .window(TumblingEventTimeWindows.of(1_000)).maxBy("level").name("highest").sinkTo(broker.sink(OUT)).name("out");
};

function reading(partition: number, afterMs: number) {
  return { ...readings[0]!, partition, timestampMs: START_MS + afterMs };
}

const ends = ({ results }: StageRig) => results.map(({ timestampMs }) => timestampMs - START_MS);

Deno.test("a partition without a record holds event time back until it has been silent for its time", async () => {
  const stages = await StageRig.open(job, {}, { parallelism: 1, batch: 10 });
  await stages.feed([reading(0, 0), reading(0, 2_000)]);
  for (let ms = 0; ms < 1_000; ms += 200) await stages.processingTime(ms);
  assertEquals(ends(stages), []);
  await stages.processingTime(1_000);
  // All are idle now: what the first one has seen counts.
  assertEquals(ends(stages), [999]);
  // One that comes back is waited for.
  await stages.feed([reading(1, 3_500), reading(0, 5_000)]);
  assertEquals(ends(stages), [999, 2_999]);
});

Deno.test("a worker that is not asked for a long time takes its partitions for no more silent than before", async () => {
  const stages = await StageRig.open(job, {}, { parallelism: 1, batch: 10 });
  await stages.feed([reading(0, 0), reading(0, 2_000)]);
  await stages.processingTime(0);
  await stages.processingTime(3_600_000);
  assertEquals(ends(stages), []);
});

Deno.test("a partition that has ended holds event time back no longer", async () => {
  const stages = await StageRig.open(job, {}, { parallelism: 1, batch: 1 });
  await stages.feed([reading(0, 0), reading(1, 2_000), reading(2, 2_000)]);
  assertEquals(ends(stages), []);
  await stages.endPartition("readings", 0);
  assertEquals(ends(stages), [999]);
});
