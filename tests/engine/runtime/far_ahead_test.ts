/** Event time and other people's clocks. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import {
  DataGeneratorSource,
  type StreamExecutionEnvironment,
  Time,
  TumblingEventTimeWindows,
  WatermarkStrategy,
} from "../../../src/engine/mod.ts";
import {
  JobHarness,
  type JobHarnessOptions,
  ManualClock,
  TestSink,
  TestSource,
} from "../../../src/engine/testing/mod.ts";
import { SteppedJob } from "../stepped_job.ts";
import { at, ScriptSource } from "../script_source.ts";

const NOW = Date.UTC(2026, 10, 30, 12);
const IN_2031 = Date.UTC(2031, 4, 1);
const MINUTE = Time.minutes(1);

/** Counts each word by minutes; the clock stands at `NOW`, event time may be an hour ahead of it. */
function wordsJob(options: JobHarnessOptions & { partitions?: number } = {}) {
  const { partitions = 1, ...others } = options;
  const words = new TestSource<string>("words", { partitions });
  const counts = new TestSink<string>("counts");
  const harness = new JobHarness((env) => {
    count(env, words, WatermarkStrategy.forMonotonousTimestamps<string>()).sinkTo(counts);
  }, { clock: new ManualClock(NOW), maxAheadMs: Time.hours(1), ...others });
  return { harness, words, counts };
}

function count(env: StreamExecutionEnvironment, words: TestSource<string>, strategy: WatermarkStrategy<string>) {
  return env.fromSource(words, strategy, "words").map((word) => ({ word, n: 1 }))
    .keyBy(({ word }) => word).window(TumblingEventTimeWindows.of(MINUTE)).sum("n").name("counts")
    .map(({ word, n }) => `${word} ${n}`);
}

/** A word a minute from `NOW` on, for so many minutes, while the clock goes with it. */
async function normalTraffic(harness: JobHarness, words: TestSource<string>, minutes: number): Promise<void> {
  for (let i = 0; i < minutes; i++) {
    await words.push("a", harness.clock.nowMs);
    await harness.advanceClock(MINUTE);
  }
}

Deno.test("one record stamped 2031 and a silence as long as --idle make no later record late", async () => {
  const { harness, words, counts } = wordsJob({ partitions: 3, idleMs: 60_000 });
  await harness.start();
  await words.push("b", NOW, { partition: 1 });
  await words.push("stray", IN_2031, { partition: 2 });
  await harness.advanceClock(Time.minutes(3)); // all partitions have fallen idle

  await normalTraffic(harness, words, 100);

  assertEquals([harness.books().late, harness.deadLetters.length, harness.books().ahead], [0, 0, 1]);
  assertEquals(counts.values.filter((count) => count === "a 1").length, 99);
  // The record itself is not lost: its window is open, and fires when time has come there.
  assertEquals(counts.values.includes("stray 1"), false);
  harness.clock.nowMs = IN_2031;
  await words.push("a", IN_2031 + MINUTE);
  assertEquals(counts.values.includes("stray 1"), true);
});

Deno.test("a record that is further ahead than --max-ahead is logged at once, counted, and named where nothing comes out", async () => {
  const { harness, words } = wordsJob();
  await harness.start();
  await words.push("a", NOW);
  await words.push("stray", IN_2031);
  await words.push("stray", IN_2031 + 1);

  assertEquals(harness.log.filter((line) => line.startsWith("warn")), [
    'warn: job: the time of a record is more than 1 h ahead of the clock: "words" partition 0 offset 1, stamped ' +
    "2031-05-01T00:00:00.000Z; it is kept, but moves event time no further, else all others would be late; --max-ahead says " +
    "how far times may be ahead",
  ]);
  assertStringIncludes(
    harness.whyNothingComesOut()!,
    '; 2 records are more than 1 h ahead of the clock and move no event time, the first is "words" partition 0 offset 1, ' +
      "stamped 2031-05-01T00:00:00.000Z (--max-ahead)",
  );
  await harness.stop();
  assertMatch(
    harness.log.find((line) => line.includes("stopped after a commit"))!,
    /3 in, 0 out, 2 far ahead of the clock/,
  );
});

Deno.test("times may be ahead of the clock by --max-ahead", async () => {
  const { harness, words, counts } = wordsJob();
  await harness.start();
  await words.push("a", NOW);
  await words.push("b", NOW + Time.hours(1));
  assertEquals(counts.values, ["a 1"]);
  await words.push("c", NOW + Time.hours(1) + 1);
  assertEquals(harness.currentWatermark("words"), NOW + Time.hours(1) - 1);
  await harness.advanceClock(1);
  await words.push("d", NOW + Time.hours(1) + 1);
  assertEquals(harness.currentWatermark("words"), NOW + Time.hours(1));
});

Deno.test("a partition with nothing but far times is not waited for longer than one that is silent", async () => {
  const { harness, words, counts } = wordsJob({ partitions: 2, idleMs: 60_000 });
  await harness.start();
  for (let i = 0; i < 5; i++) {
    await words.push("a", harness.clock.nowMs, { partition: 0 });
    for (let second = 0; second < 60; second += 20) {
      await words.push("skewed", harness.clock.nowMs + Time.hours(2), { partition: 1 });
      await harness.advanceClock(Time.seconds(20));
    }
  }
  assertEquals(counts.values, ["a 1", "a 1", "a 1", "a 1"]);
  // With a right time again it is.
  await words.push("b", harness.clock.nowMs, { partition: 1 });
  await words.push("a", harness.clock.nowMs + MINUTE, { partition: 0 });
  assertEquals(counts.values.length, 5);
});

Deno.test("the limit holds after a restart, and for a partition that came to a far time when there was no limit", async () => {
  const { harness, words, counts } = wordsJob({ partitions: 2, idleMs: 60_000 });
  await harness.start({ maxAheadMs: Infinity });
  await words.push("a", NOW, { partition: 0 });
  await words.push("stray", IN_2031, { partition: 1 });
  await harness.stop();

  await harness.start();
  await harness.advanceClock(Time.minutes(3)); // all fall idle, and event time goes to the largest time of them
  assertEquals(harness.currentWatermark("words"), NOW - 1);
  await words.push("stray", IN_2031, { partition: 1 });
  await harness.commit();
  await harness.restart();
  await harness.advanceClock(Time.minutes(3));
  await normalTraffic(harness, words, 5);

  assertEquals([harness.books().late, counts.values.filter((count) => count !== "a 1")], [0, []]);
});

Deno.test("a job whose event time is far ahead already says so when it starts, and how to set it back", async () => {
  const { harness, words } = wordsJob({ maxAheadMs: Infinity });
  await harness.start();
  await words.push("stray", IN_2031);
  await harness.stop();
  await harness.start({ maxAheadMs: Time.hours(1) });

  assertEquals(
    harness.log.filter((line) => line.startsWith("warn")),
    [
      'warn: job: event time of "words" stands at 2031-04-30T23:59:59.999Z, far ahead of the clock: what comes before that is late; ' +
      '"deno task state job set-event-time TIME" sets it back while the job is stopped',
    ],
  );
});

Deno.test("the limit holds in the middle of a job too", async () => {
  const words = new TestSource<string>("words");
  const counts = new TestSink<string>("counts");
  await using harness = await new JobHarness((env) => {
    env.fromSource(words, WatermarkStrategy.noWatermarks<string>(), "words")
      .assignTimestampsAndWatermarks(
        WatermarkStrategy.forMonotonousTimestamps<string>().withTimestampAssigner((word) => Date.parse(word)),
      )
      .keyBy(() => 0).window(TumblingEventTimeWindows.of(MINUTE)).reduce((_, next) => next).sinkTo(counts);
  }, { clock: new ManualClock(NOW), maxAheadMs: Time.hours(1) }).start();
  for (const word of ["2026-11-30T12:00:00Z", "2031-05-01T00:00:00Z", "2026-11-30T12:00:01Z", "2026-11-30T12:02:00Z"]) {
    await words.push(word);
  }
  assertEquals([counts.values, harness.books().late, harness.books().ahead], [["2026-11-30T12:00:01Z"], 0, 1]);
});

Deno.test("a generator of one's own brings event time no further than the limit", async () => {
  const words = new TestSource<string>("words");
  await using harness = await new JobHarness((env) => {
    count(
      env,
      words,
      WatermarkStrategy.forGenerator<string>(() => ({ onEvent: (word) => word === "end" ? IN_2031 : 0 })),
    )
      .sinkTo(new TestSink("out"));
  }, { clock: new ManualClock(NOW), maxAheadMs: Time.hours(1) }).start();
  await words.push("end", NOW);
  assertEquals(harness.currentWatermark("words"), NOW + Time.hours(1));
});

Deno.test("a bounded run takes any time", async () => {
  const far = () => new ScriptSource({ "s-0": [at(IN_2031, "a 1"), at(IN_2031 + 10, "a 1"), at(1, "a 1")] });
  const bounded = await SteppedJob.counting(far(), { maxAheadMs: 1 }).run();
  assertEquals([bounded.books.late, bounded.books.ahead], [1, 0]);
  const live = await SteppedJob.counting(far(), { maxAheadMs: 1 }).execute({}, () => {});
  assertEquals([live.books.late, live.books.ahead], [0, 2]);
});

Deno.test("a source that makes its records up takes any time, beside others that do not", async () => {
  const counts = new TestSink<number>("counts");
  const numbers = new DataGeneratorSource({ generate: (i) => i, count: 3, timestamp: (i) => IN_2031 + i * MINUTE });
  await using harness = await new JobHarness((env) => {
    env.fromSource(numbers, WatermarkStrategy.forMonotonousTimestamps<number>(), "numbers")
      .windowAll(TumblingEventTimeWindows.of(MINUTE)).reduce((a, b) => a + b).sinkTo(counts);
    env.fromSource(new TestSource("words"), WatermarkStrategy.forMonotonousTimestamps(), "words").sinkTo(
      new TestSink("out"),
    );
  }, { clock: new ManualClock(NOW), maxAheadMs: 1 }).start();
  assertEquals([counts.values, harness.books().ahead], [[0, 1, 2], 0]);
});
