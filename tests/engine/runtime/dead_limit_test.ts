import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import {
  AsyncDataStream,
  type DeadLimit,
  JobError,
  SILENT,
  StreamExecutionEnvironment,
  TumblingEventTimeWindows,
  WatermarkStrategy,
} from "../../../src/engine/mod.ts";
import { SteppedJob } from "../stepped_job.ts";
import { at, bad, ScriptSource } from "../script_source.ts";
import {
  JobHarness,
  type JobHarnessOptions,
  TestSink,
  TestSource,
  watermarksByHand,
} from "../../../src/engine/testing/mod.ts";

/** A live job whose function throws at what is below 0. */
async function liveJob(options: JobHarnessOptions = {}) {
  const numbers = new TestSource<number>("numbers");
  const sink = new TestSink<number>("out");
  const harness = await new JobHarness((env) => {
    env.fromSource(numbers, WatermarkStrategy.noWatermarks(), "numbers").map(positive).name("check").sinkTo(sink);
  }, options).start();
  const push = (...some: readonly number[]) => numbers.pushAll(some.map((n) => [n, 0] as const));
  return { harness, push, sink };
}

function positive(n: number): number {
  if (n < 0) throw new RangeError(`${n} is below 0`);
  return n;
}

const good = (count: number) => new Array<number>(count).fill(1);
const poor = (count: number) => new Array<number>(count).fill(-1);

Deno.test("a live job ends when more than half of its last 1,000 records are bad, and says how to go on", async () => {
  const { harness, push } = await liveJob();
  await push(...good(5_000), ...poor(500));
  assertEquals([harness.status, harness.books().dead], ["running", 500]);

  const { message } = await assertRejects(() => push(-7), JobError);

  assertEquals(
    message,
    'Cannot go on with job "job": 501 of its last 1,000 records could not be processed; the last one: check: RangeError: ' +
      '-7 is below 0, at "numbers" partition 0 offset 5500; those since the last commit are read again by the next start, ' +
      'earlier ones are in "job.dead-letters"; mend the job and start it again, or say with --max-dead how many it may go on with',
  );
  // With a mended job nothing is missing.
  await harness.restart({ maxDead: { share: 1 } });
  assertEquals(harness.books().dead + harness.store.letters.length, 501);
});

Deno.test("a live job ends at its first 100 dead letters when there are hardly other records", async () => {
  const { push } = await liveJob();
  await push(...good(50), ...poor(99));
  await assertRejects(() => push(-1), JobError, "100 of its last 150 records could not be processed");
});

Deno.test("a live job goes on with a dead letter for each good record, for ever, and after many in a row", async () => {
  const { harness, push } = await liveJob();
  for (let i = 0; i < 20; i++) await push(...good(100), ...poor(100));
  await push(...good(1_000), ...poor(499));
  assertEquals([harness.status, harness.books().dead], ["running", 2_499]);
});

Deno.test("maxDead.share is what is asked for, 1 for never", async () => {
  const strict = await liveJob({ maxDead: { share: 0.1 } });
  await strict.push(...good(900), ...poor(100));
  await assertRejects(() => strict.push(-1), JobError, "101 of its last 1,000 records");
  const lenient = await liveJob({ maxDead: { share: 1 } });
  await lenient.push(...poor(3_000));
  assertEquals(lenient.harness.status, "running");
});

Deno.test("a share counts a record once, whatever asynchronous calls were made of it", async () => {
  const numbers = new TestSource<number>("numbers");
  const sink = new TestSink<number>("out");
  await using harness = await new JobHarness((env) => {
    const twenty = env.fromSource(numbers, WatermarkStrategy.noWatermarks(), "numbers")
      .flatMap<number>((n, out) => {
        for (let i = 0; i < 20; i++) out.collect(i === 7 ? -n : n);
      });
    AsyncDataStream.orderedWait(twenty, (n) => Promise.resolve([positive(n)]), { timeoutMs: 1_000 }).sinkTo(sink);
  }).start();

  // One call in twenty fails: as many as there are records.
  await numbers.pushAll(good(400).map((n) => [n, 0] as const));

  assertEquals([harness.status, harness.books().dead, sink.values.length], ["running", 400, 19 * 400]);
  // When each fails it is told from that.
  await assertRejects(() => numbers.pushAll(poor(500).map((n) => [n, 0] as const)), JobError, "could not be processed");
});

/** 100 windows a second of 20 records each; those of keys below `bad` throw when they fire. */
async function windowsJob(bad: number, options: JobHarnessOptions = {}) {
  const sales = new TestSource<{ key: number; n: number }>("sales");
  const sink = new TestSink<number>("out");
  const harness = await new JobHarness((env) => {
    env.fromSource(sales, watermarksByHand(), "sales").keyBy(({ key }) => key)
      .window(TumblingEventTimeWindows.of(1_000)).reduce((a, b) => ({ key: a.key, n: a.n + b.n }))
      .map(({ key }) => positive(key - bad)).name("check").sinkTo(sink);
  }, { onWindowError: "dead-letter", ...options }).start();
  const second = async (number: number) => {
    const records = Array.from({ length: 2_000 }, (_, i) => [{ key: i % 100, n: 1 }, 1_000 * number] as const);
    await sales.pushAll(records);
    await sales.watermark(1_000 * number + 999);
  };
  return { harness, second, sink };
}

Deno.test("a live job goes on without a window, however many records there are to one", async () => {
  const { harness, second, sink } = await windowsJob(1);
  for (let i = 0; i < 12; i++) await second(i);
  assertEquals([harness.status, harness.books().failed, sink.values.length], ["running", 12, 1_188]);
});

Deno.test("a live job ends when more than half of its last 1,000 windows failed, and 100 at least", async () => {
  const { harness, second } = await windowsJob(60, { onError: "skip" });
  await second(0);
  assertEquals(harness.status, "running"); // 60 are too few
  const { message } = await assertRejects(() => second(1), JobError);
  assertStringIncludes(message, '100 of its last 140 windows or timers of "check" could not be processed');
  // They are kept whatever onError is.
  assertStringIncludes(message, 'earlier ones are in "job.dead-letters"');
});

Deno.test("late records end no job", async () => {
  const numbers = new TestSource<number>("numbers");
  await using harness = await new JobHarness((env) => {
    env.fromSource(numbers, WatermarkStrategy.forMonotonousTimestamps(), "numbers")
      .windowAll(TumblingEventTimeWindows.of(10)).reduce((a, b) => a + b).sinkTo(new TestSink("out"));
  }, { maxDead: { perMinute: 1 } }).start();
  await numbers.pushAll([[1, 100], ...poor(200).map((n) => [n, 1] as const)]);

  assertEquals([harness.status, harness.books().late, harness.deadLetters.length], ["running", 200, 200]);
});

Deno.test("a limit out of range is refused when the environment is made", () => {
  for (
    const [maxDead, what] of [
      [{ share: 0 }, "maxDead.share must be > 0 and at most 1: current value is 0"],
      [{ share: 50 }, "maxDead.share must be > 0 and at most 1: current value is 50"],
      [{ share: NaN }, "maxDead.share must be > 0 and at most 1: current value is NaN"],
      [{ perMinute: 0 }, "maxDead.perMinute must be > 0: current value is 0"],
    ] as const satisfies readonly (readonly [DeadLimit, string])[]
  ) {
    assertThrows(() => new StreamExecutionEnvironment({ maxDead }), RangeError, what);
  }
});

Deno.test("execute() fails when a job has come to its end and each of its records was bad", async () => {
  const run = (numbers: readonly number[]) =>
    new StreamExecutionEnvironment({ onError: "skip", logger: SILENT }).fromCollection(numbers).map(positive)
      .executeAndCollect();

  const { message } = await assertRejects(() => run(poor(3)), JobError);
  assertEquals(
    message,
    'Cannot end job "job" with success: it read 3 records and could process none, they were dropped; mend the job ' +
      "and let it read them again",
  );
  assertEquals(await run([...poor(90), 5]), [5]);
  assertEquals(await run([]), []);
});

Deno.test("execute() fails after the commit: what was bad is kept, and the next run does not read it again", async () => {
  const source = new ScriptSource<string>({ "s-0": [bad(1, "no JSON"), bad(2, "no JSON")] });
  const job = SteppedJob.counting(source);
  await assertRejects(
    () => job.run(),
    JobError,
    'Cannot end job "stats" with success: it read 2 records and could process none, they are kept in ' +
      '"job.dead-letters"; mend the job and replay them from there',
  );
  assertEquals(job.store.letters.map(({ message }) => message), ["no JSON", "no JSON"]);

  assertEquals((await job.run()).books.recordsIn, 0);
  source.append("s-0", at(3, "a 1"), bad(4, "no JSON"));
  assertEquals((await job.run()).books.dead, 1);
});

Deno.test("execute() fails when each record was bad though windows of an earlier run had results", async () => {
  const source = new ScriptSource<string>({ "s-0": [at(1, "a 1")] });
  const job = SteppedJob.counting(source);
  await job.execute({}, () => {}); // live: its window stays open
  source.append("s-0", bad(2, "no JSON"));

  await assertRejects(() => job.run(), JobError, "it read 1 record and could process none");
  assertEquals(job.output, ["a 1 @9"]);
});

Deno.test("execute() fails when each asynchronous call failed", async () => {
  const env = new StreamExecutionEnvironment({ onError: "skip", logger: SILENT });
  const calls = AsyncDataStream.unorderedWait(
    env.fromCollection(poor(3)),
    (n) => Promise.resolve([positive(n)]),
    { timeoutMs: 1_000 },
  );
  await assertRejects(() => calls.executeAndCollect(), JobError, "it read 3 records and could process none");
});

Deno.test("execute() does not fail for one dead letter when an attempt before the last had good records", async () => {
  const source = new ScriptSource<string>({ "s-0": [...good(2_000).map((n) => at(n, "a")), bad(2, "no JSON")] });
  const job = new SteppedJob((env, { store }) => {
    env.fromSource(source, WatermarkStrategy.noWatermarks(), "texts").sinkTo(store.sink("out"));
  });
  let commits = 0;
  const faultPoint = (point: string) => {
    if (point !== "commit: the store has it" || ++commits !== 2) return;
    throw Object.assign(new Error("the broker is away"), { retriable: true });
  };
  const { end, books } = await job.execute({ bounded: true, faultPoint }, () => {}, () => {});
  assertEquals([end, books.recordsIn, books.dead], ["finished", 1, 1]);
});

Deno.test("execute() does not fail for a call of the last commit that fails when others come to something", async () => {
  const source = new ScriptSource<number>({ "s-0": [at(1, 1), at(2, -2)] });
  let answers = false;
  const job = new SteppedJob((env, { store }) => {
    const numbers = env.fromSource(source, WatermarkStrategy.noWatermarks(), "numbers");
    AsyncDataStream.orderedWait(
      numbers,
      (n) => answers ? Promise.resolve([positive(n)]) : new Promise<number[]>(() => {}),
      { timeoutMs: 1_000_000 },
    ).sinkTo(store.sink("out"));
  });
  await job.execute({}, () => {}); // stopped with both calls at work
  answers = true;

  const { books } = await job.run();
  assertEquals([job.output, books.recordsIn, books.dead], [["1 @1"], 0, 1]);
});
