import { assertEquals } from "@std/assert";
import { WatermarkStrategy } from "../../../src/engine/time/watermark_strategy.ts";
import { windowCounts } from "../counting_job.ts";
import { SteppedJob } from "../stepped_job.ts";
import { at, type Entry, ScriptSource } from "../script_source.ts";

/** What has come out after each of these ms on the clock. */
async function outputAfter(
  job: SteppedJob,
  options: Record<string, number>,
  ...steps: readonly (number | (() => void))[]
) {
  const seen: string[][] = [];
  await job.execute(
    options,
    ...steps.map((step) => () => {
      seen.push(job.output);
      if (typeof step === "number") job.clock.advance(step);
      else step();
    }),
    () => seen.push(job.output),
  );
  return seen;
}

Deno.test("closeIdleMs lets event time go on with the clock when all sources are silent, until the windows fire", async () => {
  const source = new ScriptSource({ "s-0": [at(1_003, "a 1")] });
  // The window is [1000, 1010), event time is at 1002: after 50 ms of silence it stands 50 ms further.
  assertEquals(await outputAfter(SteppedJob.counting(source), { closeIdleMs: 50 }, 0, 49, 1), [[], [], [], [
    "a 1 @1009",
  ]]);
  assertEquals(await outputAfter(SteppedJob.counting(source), {}, 0, 49, 1_000_000), [[], [], [], []]);
});

Deno.test("closeIdleMs goes by the time since the last record, so a window may stay open for a while", async () => {
  const source = new ScriptSource({ "s-0": [at(1_000, "a 1")] });
  const job = SteppedJob.counting(source);
  // Event time is at 999 and must come to 1009.
  assertEquals(await outputAfter(job, { closeIdleMs: 5 }, 5, 4, 1), [[], [], [], ["a 1 @1009"]]);
});

Deno.test("closeIdleMs does nothing while one source still gives records", async () => {
  const silent = new ScriptSource({ "a-0": [at(1_003, "a 1")] });
  const lively = new ScriptSource({ "b-0": [at(1_003, "b 1")] });
  const job = new SteppedJob((env, { store }) => {
    const strategy = WatermarkStrategy.forMonotonousTimestamps<string>();
    const texts = env.fromSource(silent, strategy, "a").union(env.fromSource(lively, strategy, "b"));
    windowCounts(texts).sinkTo(store.sink("out"));
  });
  const come = (n: number) => () => {
    job.clock.advance(40);
    lively.append("b-0", at(1_004 + n, "b 1"));
  };
  assertEquals(
    await outputAfter(job, { closeIdleMs: 50 }, come(0), come(1), come(2), 50),
    [[], [], [], [], ["a 1 @1009", "b 4 @1009"]],
  );
});

Deno.test("closeIdleMs reaches a union whose sources have fallen idle before", async () => {
  const strategy = WatermarkStrategy.forMonotonousTimestamps<string>();
  const newSource = (name: string, entries: Entry<string>[]) => new ScriptSource({ [`${name}-0`]: entries });
  const job = new SteppedJob((env, { store }) => {
    const a = env.fromSource(newSource("a", [at(1_003, "a 1")]), strategy, "a");
    const b = env.fromSource(newSource("b", [at(1_002, "b 1")]), strategy, "b");
    windowCounts(a.union(b)).sinkTo(store.sink("out"));
  });
  assertEquals(
    await outputAfter(job, { closeIdleMs: 50, idleMs: 20 }, 20, 29, 1),
    [[], [], [], ["b 1 @1009", "a 1 @1009"]],
  );
});

Deno.test("closeIdleMs does not wait for a source that has never given a record", async () => {
  const strategy = WatermarkStrategy.forMonotonousTimestamps<string>();
  const job = new SteppedJob((env, { store }) => {
    const texts = env.fromSource(new ScriptSource({ "a-0": [at(1_003, "a 1")] }), strategy, "a");
    const none = env.fromSource(new ScriptSource<string>({ "b-0": [] }), strategy, "b");
    windowCounts(texts.union(none)).sinkTo(store.sink("out"));
  });
  assertEquals(await outputAfter(job, { closeIdleMs: 50 }, 50), [[], ["a 1 @1009"]]);
});

Deno.test("closeIdleMs makes late what comes after all, and event time goes on with the records", async () => {
  const source = new ScriptSource({ "s-0": [at(1_003, "a 1")] });
  const job = SteppedJob.counting(source);
  const come = () => source.append("s-0", at(1_009, "a 1"), at(1_200, "a 1"), at(1_300, "a 1"));
  assertEquals(
    await outputAfter(job, { closeIdleMs: 50, commitIntervalMs: 1 }, 50, come, 1),
    [[], ["a 1 @1009"], ["a 1 @1009"], ["a 1 @1009", "a 1 @1209"]],
  );
  assertEquals(job.store.letters.map(({ errorClass }) => errorClass), ["LateRecord"]);
});

Deno.test("closeIdleMs is kept by a commit: a restart does not go back", async () => {
  const source = new ScriptSource({ "s-0": [at(1_003, "a 1")] });
  const job = SteppedJob.counting(source);
  await outputAfter(job, { closeIdleMs: 50 }, 50);
  source.append("s-0", at(1_004, "a 1"));
  await job.run();
  assertEquals([job.output, job.store.letters.length], [["a 1 @1009"], 1]);
});

Deno.test("onPeriodicEmit() is asked every 200 ms and moves event time without a record", async () => {
  const source = new ScriptSource({ "s-0": [at(1_003, "a 1")] });
  const asked: number[] = [];
  const strategy = WatermarkStrategy.forGenerator<string>(() => ({
    onEvent: () => Number.NEGATIVE_INFINITY,
    onPeriodicEmit: (nowMs) => {
      asked.push(nowMs - 1_000_000);
      return nowMs === 1_000_400 ? 1_009 : Number.NEGATIVE_INFINITY;
    },
  }));
  for (const inTheMiddle of [false, true]) {
    asked.length = 0;
    const job = new SteppedJob((env, { store }) => {
      const texts = inTheMiddle
        ? env.fromSource(source, WatermarkStrategy.noWatermarks<string>(), "texts").assignTimestampsAndWatermarks(
          strategy,
        )
        : env.fromSource(source, strategy, "texts");
      windowCounts(texts).sinkTo(store.sink("out"));
    });
    assertEquals(await outputAfter(job, {}, 199, 1, 200), [[], [], [], ["a 1 @1009"]]);
    assertEquals([asked, job.clock.sleeps.slice(0, 3)], [[0, 200, 400], [200, 1, 200]]);
  }
});
