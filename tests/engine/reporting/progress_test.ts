import { assertEquals } from "@std/assert";
import { AsyncDataStream } from "../../../src/engine/api/async_data_stream.ts";
import type { DataStream } from "../../../src/engine/api/data_stream.ts";
import type { EnvironmentOptions } from "../../../src/engine/runtime/job_settings.ts";
import { WatermarkStrategy } from "../../../src/engine/time/watermark_strategy.ts";
import { TumblingProcessingTimeWindows } from "../../../src/engine/windows/processing_time_windows.ts";
import { AsyncCalls } from "../async_calls.ts";
import { windowCounts } from "../counting_job.ts";
import { SteppedJob } from "../stepped_job.ts";
import { at, type Entry, ScriptSource } from "../script_source.ts";

const FIRST_CLOSES = "the first closes when event time reaches 1970-01-01T00:00:00.009Z";

/** What a job says after each of these times, without its beginning and end. */
async function saidAfter(
  job: SteppedJob,
  options: EnvironmentOptions,
  ...acts: readonly (() => void)[]
): Promise<string[]> {
  await job.execute(options, ...acts);
  return job.logged.slice(1, -1);
}

const wait = (job: SteppedJob, seconds: number) => () => job.clock.advance(seconds * 1_000);

Deno.test("Progress says every ten seconds what went in and came out, and how much there is to do", async () => {
  const source = new ScriptSource({ "s-0": [at(1, "a 1"), at(11, "a 1")] });
  const job = SteppedJob.counting(source);
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
  const job = SteppedJob.counting(new ScriptSource<string>({ "s-0": [] }));
  const said = await saidAfter(job, {}, ...Array.from({ length: 10 }, () => wait(job, 10)));

  assertEquals(said, ["info: waits for records: script s-0 read to the end"]);
});

Deno.test("Progress says why nothing comes out once while event time moves on, and again when it stands still", async () => {
  const source = new ScriptSource({ "s-0": [at(1, "a 1")] });
  const job = SteppedJob.counting(source);
  const said = await saidAfter(
    job,
    {},
    wait(job, 10),
    () => source.append("s-0", at(2, "a 1")),
    wait(job, 10),
    () => source.append("s-0", at(3, "a 1")),
    wait(job, 10),
    wait(job, 10),
    () => source.append("s-0", at(11, "a 1")), // a result
    wait(job, 10),
    () => source.append("s-0", at(12, "a 1")),
    wait(job, 10),
  );

  assertEquals(said.map((line) => line.match(/^info: (\d in|1 window)/)?.[1]), [
    ...["1 in", "1 window", "2 in", "3 in", "1 window"],
    ...["4 in", "5 in", "1 window"],
  ]);
});

Deno.test("whyNothingComesOut() names the split that has not given a record, and that --idle ends the wait", async () => {
  const job = SteppedJob.counting(new ScriptSource({ "s-0": [at(1, "a 1"), at(2, "b 1")], "s-1": [] }));
  const said = await saidAfter(job, {}, wait(job, 10));

  assertEquals(said.slice(1), [
    `info: 2 windows of "counts" are open, ${FIRST_CLOSES}; it is at the beginning, held by s-1, ` +
    "which has had no record yet, for 10 s (--idle says how long it is waited for)",
  ]);
});

Deno.test("whyNothingComesOut() names the split furthest behind, how far it is and since when", async () => {
  const source = new ScriptSource({ "s-0": [at(4, "a 1")], "s-1": [at(8, "b 1")] });
  const job = SteppedJob.counting(source);
  const said = await saidAfter(job, {}, wait(job, 4), () => source.append("s-1", at(9, "b 1")), wait(job, 6));

  assertEquals(said.slice(1), [
    `info: 2 windows of "counts" are open, ${FIRST_CLOSES}; it is at 1970-01-01T00:00:00.003Z, held by s-0, ` +
    "whose last record came 10 s ago (--idle says how long it is waited for)",
  ]);
});

Deno.test("whyNothingComesOut() names the operator whose window closes first", async () => {
  const source = new ScriptSource({ "s-0": [at(25, "a 1")], "s-1": [] });
  const job = new SteppedJob((env, { store }) => {
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
  const job = SteppedJob.counting(new ScriptSource({ "s-0": [at(1, "a 1")], "s-1": [] }));
  const said = await saidAfter(job, { idleMs: 5_000 }, wait(job, 10));

  assertEquals(said.slice(1), [
    `info: 1 window of "counts" is open, ${
      FIRST_CLOSES.replace("the first", "it")
    }; all partitions are idle: it moves on with the next record`,
  ]);
});

Deno.test("whyNothingComesOut() says that there never is event time without a strategy", async () => {
  const source = new ScriptSource({ "s-0": [at(1, "a 1")] });
  const job = new SteppedJob((env, { store }) => {
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
  const job = new SteppedJob((env, { store }) => {
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
  const job = SteppedJob.counting(source);
  const said = await saidAfter(job, {}, wait(job, 10));

  assertEquals(said, ["info: waits for records of s-0 that are known to be there: 2 to read"]);
});

Deno.test("whyNothingComesOut() names all sources when there is nothing to read", async () => {
  const sources = [new ScriptSource<string>({ "a-0": [] }), new ScriptSource<string>({ "b-0": [] })];
  const job = new SteppedJob((env, { store }) => {
    const [one, other] = sources.map((source, index) =>
      env.fromSource(source, WatermarkStrategy.noWatermarks<string>(), `source_${index}`)
    );
    one!.union(other!).sinkTo(store.sink("out"));
  });

  assertEquals(await saidAfter(job, {}, wait(job, 10)), [
    "info: waits for records: script a-0 and script b-0 read to the end",
  ]);
});

const MONOTONOUS = WatermarkStrategy.forMonotonousTimestamps<string>();

/** The job of a stream of texts, or of two, into "out". */
function jobOf(
  sources: readonly ScriptSource<string>[],
  describe: (first: DataStream<string>, second: DataStream<string>) => DataStream<string>,
  strategies: readonly WatermarkStrategy<string>[] = [MONOTONOUS, MONOTONOUS],
): SteppedJob {
  return new SteppedJob((env, { store }) => {
    const streams = sources.map((source, i) => env.fromSource(source, strategies[i]!, `source_${i}`));
    describe(streams[0]!, streams[1]!).sinkTo(store.sink("out"));
  });
}

/** A timer for each key by event time. */
function timers(texts: DataStream<string>): DataStream<string> {
  return texts.keyBy((text) => text).process<string>({
    processElement: (_text, context) => context.timerService().registerEventTimeTimer(19),
  }).name("timers");
}

/** A timer for each key by the clock. */
function alarms(texts: DataStream<string>): DataStream<string> {
  return texts.keyBy((text) => text).process<string>({
    processElement: (_text, context) => context.timerService().registerProcessingTimeTimer(1_060_000),
  }).name("alarms");
}

Deno.test("whyNothingComesOut() speaks of timers where there are no windows", async () => {
  const source = new ScriptSource({ "s-0": [at(9, "a"), at(9, "b")] });
  const job = jobOf([source], timers);
  const said = await saidAfter(job, {}, wait(job, 10));
  const where = "event time reaches 1970-01-01T00:00:00.019Z; it is at 1970-01-01T00:00:00.008Z, held by s-0, " +
    "whose last record came 10 s ago (--idle says how long it is waited for)";

  assertEquals(said.slice(1), [`info: 2 timers of "timers" wait, the first fires when ${where}`]);

  const one = jobOf([new ScriptSource({ "s-0": [at(9, "a")] })], timers);
  assertEquals((await saidAfter(one, {}, wait(one, 10))).slice(1), [
    `info: 1 timer of "timers" waits, it fires when ${where}`,
  ]);
});

Deno.test("whyNothingComesOut() says when timers and windows by the clock come due", async () => {
  const job = jobOf([new ScriptSource({ "s-0": [at(9, "a"), at(9, "b")] })], alarms);
  assertEquals((await saidAfter(job, {}, wait(job, 10))).slice(1), [
    'info: 2 timers of "alarms" wait, the first fires when the clock reaches 1970-01-01T00:17:40.000Z',
  ]);

  const windows = jobOf(
    [new ScriptSource({ "s-0": [at(9, "a")] })],
    (texts) =>
      texts.keyBy((text) => text).window(TumblingProcessingTimeWindows.of(60_000)).reduce((accumulated) => accumulated)
        .name(
          "minutes",
        ),
  );
  assertEquals((await saidAfter(windows, {}, wait(windows, 10))).slice(1), [
    'info: 1 window of "minutes" is open, it closes when the clock reaches 1970-01-01T00:16:59.999Z',
  ]);
});

Deno.test("whyNothingComesOut() gives all reasons: results to come, the clock and event time", async () => {
  const calls = new AsyncCalls<string, string>();
  const job = jobOf([new ScriptSource({ "s-0": [at(9, "a"), at(9, "b")] })], (texts) => {
    const asked = AsyncDataStream.orderedWait(texts, calls.function, { timeoutMs: 600_000 }).name("asked");
    return asked.union(timers(texts).map((text) => text), alarms(texts));
  });
  const said = await saidAfter(job, {}, wait(job, 10));

  assertEquals(said.slice(1).map((line) => line.split("; ").slice(0, 3)), [[
    'info: waits for 2 results of "asked"',
    '2 timers of "alarms" wait, the first fires when the clock reaches 1970-01-01T00:17:40.000Z',
    '2 timers of "timers" wait, the first fires when event time reaches 1970-01-01T00:00:00.019Z',
  ]]);
});

Deno.test("whyNothingComesOut() says that event time waits for results to come", async () => {
  const calls = new AsyncCalls<string, string>();
  const source = new ScriptSource({ "s-0": [at(9, "a"), at(40, "b")] });
  const job = jobOf([source], (texts) => {
    const asked = AsyncDataStream.orderedWait(texts, calls.function, { timeoutMs: 600_000 }).name("asked");
    return timers(asked);
  });
  const said = await saidAfter(job, {}, () => calls.of("a").answer("a"), wait(job, 10));

  assertEquals(said.slice(1), [
    'info: waits for 1 result of "asked"; 1 timer of "timers" waits, it fires when event time reaches ' +
    '1970-01-01T00:00:00.019Z; it is at 1970-01-01T00:00:00.008Z, held by "asked", which waits for 1 result',
  ]);
});

/** Both streams into one operator, with a timer for each key of the first. */
function connected(first: DataStream<string>, second: DataStream<string>): DataStream<string> {
  return first.keyBy((text) => text).connect(second.keyBy((text) => text)).process<string>({
    processElement1: (_text, context) => context.timerService().registerEventTimeTimer(19),
    processElement2() {},
  }).name("pairs");
}

const PAIRS_WAIT = 'info: 1 timer of "pairs" waits, it fires when event time reaches 1970-01-01T00:00:00.019Z; ';

Deno.test("whyNothingComesOut() names the one of two inputs that holds event time", async () => {
  const sources = [
    new ScriptSource({ "a-0": [at(30, "a")] }),
    new ScriptSource({ "b-0": [at(5, "b")], "b-1": [at(9, "b")] }),
  ];
  const job = jobOf(sources, connected);

  assertEquals((await saidAfter(job, {}, wait(job, 10))).slice(1), [
    `${PAIRS_WAIT}it is at 1970-01-01T00:00:00.004Z, held by b-0, ` +
    "whose last record came 10 s ago (--idle says how long it is waited for)",
  ]);
});

Deno.test("whyNothingComesOut() names the one of two inputs that has no watermarks", async () => {
  const sources = [new ScriptSource({ "a-0": [at(30, "a")] }), new ScriptSource({ "b-0": [at(30, "b")] })];
  const job = jobOf(sources, connected, [MONOTONOUS, WatermarkStrategy.noWatermarks<string>()]);

  assertEquals((await saidAfter(job, {}, wait(job, 10))).slice(1), [
    `${PAIRS_WAIT}it is at the beginning, held by "source_1", which has no watermarks; give it a WatermarkStrategy`,
  ]);
});

Deno.test("whyNothingComesOut() says that no source of two inputs has watermarks", async () => {
  const sources = [new ScriptSource({ "a-0": [at(30, "a")] }), new ScriptSource({ "b-0": [at(30, "b")] })];
  const none = WatermarkStrategy.noWatermarks<string>();
  const job = jobOf(sources, connected, [none, none]);

  assertEquals((await saidAfter(job, {}, wait(job, 10))).slice(1), [
    `${PAIRS_WAIT}its sources have no watermarks, so it never does; give them a WatermarkStrategy`,
  ]);
});

Deno.test("whyNothingComesOut() goes past an idle input to the one that holds event time", async () => {
  const sources = [new ScriptSource({ "a-0": [at(12, "a")] }), new ScriptSource({ "b-0": [at(5, "b")] })];
  const job = jobOf(sources, connected);
  const said = await saidAfter(
    job,
    { idleMs: 15_000 },
    wait(job, 10),
    wait(job, 7), // after 15 s b-0 is idle
    () => sources[0]!.append("a-0", at(13, "a")),
    wait(job, 3),
    wait(job, 10),
  );

  assertEquals(said.slice(3), [
    `${PAIRS_WAIT}it is at 1970-01-01T00:00:00.012Z, held by a-0, ` +
    "whose last record came 13 s ago (--idle says how long it is waited for)",
  ]);
});

Deno.test("whyNothingComesOut() names the one of two inputs that came back behind", async () => {
  const sources = [new ScriptSource({ "a-0": [at(12, "a")] }), new ScriptSource({ "b-0": [at(5, "b")] })];
  const job = jobOf(sources, connected);
  const said = await saidAfter(
    job,
    { idleMs: 15_000 },
    wait(job, 10),
    wait(job, 7), // after 15 s b-0 is idle
    () => sources[0]!.append("a-0", at(13, "a")),
    wait(job, 3),
    wait(job, 2),
    () => sources[1]!.append("b-0", at(6, "b")),
    wait(job, 8),
  );

  assertEquals(
    said.at(-1),
    `${PAIRS_WAIT}it is at 1970-01-01T00:00:00.012Z, held by b-0, ` +
      "whose last record brought it to 1970-01-01T00:00:00.005Z 8 s ago (--idle says how long it is waited for)",
  );
});

// A union does not wait for a stream that comes back behind it.
Deno.test("whyNothingComesOut() names the stream that holds a union, not one that came back behind", async () => {
  const sources = [new ScriptSource({ "a-0": [at(12, "a")] }), new ScriptSource({ "b-0": [at(5, "b")] })];
  const job = jobOf(sources, (first, second) => timers(first.union(second)));
  const said = await saidAfter(
    job,
    { idleMs: 15_000 },
    wait(job, 10),
    wait(job, 7), // after 15 s b-0 is idle
    () => sources[0]!.append("a-0", at(13, "a")),
    wait(job, 3),
    wait(job, 2),
    () => sources[1]!.append("b-0", at(6, "b")),
    wait(job, 8),
  );

  assertEquals(said.at(-1)!.split("; ")[1]!.split(", whose")[0], "it is at 1970-01-01T00:00:00.012Z, held by a-0");
});

Deno.test("whyNothingComesOut() says that event time goes on with the clock", async () => {
  const job = jobOf([new ScriptSource({ "s-0": [at(-59_991, "a")] })], timers);
  const said = await saidAfter(job, { closeIdleMs: 5_000 }, wait(job, 5), wait(job, 5));

  assertEquals(said.slice(1), [
    'info: 1 timer of "timers" waits, it fires when event time reaches 1970-01-01T00:00:00.019Z; ' +
    "it is at 1969-12-31T23:59:10.008Z, and goes on with the clock, as no source has a record",
  ]);
});
