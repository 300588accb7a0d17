import { assertEquals } from "@std/assert";
import type { EnvironmentOptions } from "../../../src/engine/api/environment.ts";
import { WatermarkStrategy } from "../../../src/engine/time/watermark_strategy.ts";
import { countingJob, JobRig, windowCounts } from "../job_rig.ts";
import { at, type Entry, ScriptSource } from "../script_source.ts";

const FIRST_CLOSES = "the first closes when event time reaches 1970-01-01T00:00:00.009Z";

/** What a job says after each of these times, without its beginning and end. */
async function saidAfter(
  job: JobRig,
  options: EnvironmentOptions,
  ...acts: readonly (() => void)[]
): Promise<string[]> {
  await job.execute(options, ...acts);
  return job.said.slice(1, -1);
}

const wait = (job: JobRig, seconds: number) => () => job.clock.advance(seconds * 1_000);

Deno.test("Progress says every ten seconds what went in and came out, and how much there is to do", async () => {
  const source = new ScriptSource({ "s-0": [at(1, "a 1"), at(11, "a 1")] });
  const job = countingJob(source);
  const said = await saidAfter(
    job,
    {},
    wait(job, 9.999),
    wait(job, 0.001),
    () => source.append("s-0", at(21, "a 1")),
    () => source.announce("s-0", at(31, "a 1"), at(41, "a 1")),
    wait(job, 10),
  );

  assertEquals(said.filter((line) => line.includes(" in,")), [
    "info: 2 in, 1 out, 0 to go",
    "info: 3 in, 2 out, 2 to go",
  ]);
});

Deno.test("Progress says nothing twice while nothing changes", async () => {
  const job = countingJob(new ScriptSource<string>({ "s-0": [] }));
  const said = await saidAfter(job, {}, ...Array.from({ length: 10 }, () => wait(job, 10)));

  assertEquals(said, ["info: waits for records: script s-0 read to the end"]);
});

Deno.test("whyNothingComesOut() names the split that has not given a record, and that --idle ends the wait", async () => {
  const job = countingJob(new ScriptSource({ "s-0": [at(1, "a 1"), at(2, "b 1")], "s-1": [] }));
  const said = await saidAfter(job, {}, wait(job, 10));

  assertEquals(said.slice(1), [
    `info: 2 windows of "counts" are open, ${FIRST_CLOSES}; it is at the beginning, held by s-1, ` +
    "which has given no record yet (for 10 s; --idle says how long it is waited for)",
  ]);
});

Deno.test("whyNothingComesOut() names the split furthest behind, how far it is and since when", async () => {
  const source = new ScriptSource({ "s-0": [at(4, "a 1")], "s-1": [at(8, "b 1")] });
  const job = countingJob(source);
  const said = await saidAfter(job, {}, wait(job, 4), () => source.append("s-1", at(9, "b 1")), wait(job, 6));

  assertEquals(said.slice(1), [
    `info: 2 windows of "counts" are open, ${FIRST_CLOSES}; it is at 1970-01-01T00:00:00.003Z, held by s-0, ` +
    "whose last record brought it to 1970-01-01T00:00:00.003Z 10 s ago (--idle says how long it is waited for)",
  ]);
});

Deno.test("whyNothingComesOut() names the operator whose window closes first", async () => {
  const source = new ScriptSource({ "s-0": [at(25, "a 1")], "s-1": [] });
  const job = new JobRig((env, { store }) => {
    const texts = env.fromSource(source, WatermarkStrategy.forMonotonousTimestamps<string>(), "texts");
    windowCounts(texts).name("all").sinkTo(store.sink("all")).name("all_sink");
    windowCounts(texts.filter((text) => text === "none")).name("some").sinkTo(store.sink("some")).name("some_sink");
  });
  const [, why] = await saidAfter(job, {}, wait(job, 10));

  assertEquals(
    why!.split(";")[0],
    'info: 1 window of "all" is open, it closes when event time reaches 1970-01-01T00:00:00.029Z',
  );
});

Deno.test("whyNothingComesOut() says that all is silent when every split is idle", async () => {
  const job = countingJob(new ScriptSource({ "s-0": [at(1, "a 1")], "s-1": [] }));
  const said = await saidAfter(job, { idleMs: 5_000 }, wait(job, 10));

  assertEquals(said.slice(1), [
    `info: 1 window of "counts" is open, ${
      FIRST_CLOSES.replace("the first", "it")
    }; all partitions are idle: it moves on with the next record`,
  ]);
});

Deno.test("whyNothingComesOut() says that there never is event time without a strategy", async () => {
  const source = new ScriptSource({ "s-0": [at(1, "a 1")] });
  const job = new JobRig((env, { store }) => {
    windowCounts(env.fromSource(source, WatermarkStrategy.noWatermarks<string>(), "texts")).sinkTo(store.sink("out"));
  });
  const said = await saidAfter(job, {}, wait(job, 10));

  assertEquals(said.slice(1), [
    `info: 1 window of "counts" is open, ${
      FIRST_CLOSES.replace("the first", "it")
    }; its sources have no watermarks, so it never does; give them a WatermarkStrategy`,
  ]);
});

Deno.test("whyNothingComesOut() knows of a strategy in the middle of the job", async () => {
  const source = new ScriptSource({ "s-0": [at(1, "a 1")] });
  const job = new JobRig((env, { store }) => {
    const texts = env.fromSource(source, WatermarkStrategy.noWatermarks<string>(), "texts")
      .assignTimestampsAndWatermarks(WatermarkStrategy.forMonotonousTimestamps());
    windowCounts(texts).sinkTo(store.sink("out"));
  });
  const said = await saidAfter(job, {}, wait(job, 10));

  assertEquals(said.filter((line) => line.includes("no watermarks")), []);
});

Deno.test("whyNothingComesOut() says that records are known to be there which have not come", async () => {
  const source = new ScriptSource({ "s-0": [] as Entry<string>[], "s-1": [at(5, "a 1")] });
  source.announce("s-0", at(1, "a 1"), at(2, "a 1"));
  const job = countingJob(source);
  const said = await saidAfter(job, {}, wait(job, 10));

  assertEquals(said, ["info: waits for records of s-0 that are known to be there: 2 to read"]);
});

Deno.test("whyNothingComesOut() names all sources when there is nothing to read", async () => {
  const sources = [new ScriptSource<string>({ "a-0": [] }), new ScriptSource<string>({ "b-0": [] })];
  const job = new JobRig((env, { store }) => {
    const [one, other] = sources.map((source, index) =>
      env.fromSource(source, WatermarkStrategy.noWatermarks<string>(), `source_${index}`)
    );
    one!.union(other!).sinkTo(store.sink("out"));
  });

  assertEquals(await saidAfter(job, {}, wait(job, 10)), [
    "info: waits for records: script a-0 and script b-0 read to the end",
  ]);
});
