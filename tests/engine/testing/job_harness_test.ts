import { assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { AsyncDataStream } from "../../../src/engine/api/async_data_stream.ts";
import { StreamExecutionEnvironment } from "../../../src/engine/api/environment.ts";
import { OperatorError } from "../../../src/engine/errors.ts";
import { NO_TIMESTAMP } from "../../../src/engine/record.ts";
import { DataGeneratorSource } from "../../../src/engine/sources/data_generator_source.ts";
import { ValueStateDescriptor } from "../../../src/engine/state/state.ts";
import { JobHarness } from "../../../src/engine/testing/job_harness.ts";
import { RetriableError } from "../../../src/engine/testing/memory_job_store.ts";
import { TestSink } from "../../../src/engine/testing/test_sink.ts";
import { TestSource, watermarksByHand } from "../../../src/engine/testing/test_source.ts";
import { WatermarkStrategy } from "../../../src/engine/time/watermark_strategy.ts";
import { TimeWindow } from "../../../src/engine/windows/window.ts";
import { copyJob, fare, QUIET, QuietKeys, SEEN, windowJob } from "./jobs.ts";

// ---------------------------------------------------------------------------------------------------- records and time

Deno.test("push() resolves when the record is through the job", async () => {
  const { harness, words, copies } = copyJob();
  await using _ = await harness.start();

  await words.push("a", 5);
  assertEquals(copies.records, [["a", 5]]);
  await words.push("b");
  assertEquals(copies.records, [["a", 5], ["b", NO_TIMESTAMP]]);
});

Deno.test("start() finds what was pushed before, and what was pushed while the job was down", async () => {
  const { harness, words, copies } = copyJob();
  await words.push("a", 1);
  await harness.start();
  assertEquals(copies.values, ["a"]);
  await harness.stop();
  await words.push("b", 2);
  assertEquals(copies.values, ["a"]);
  await using _ = await harness.start();

  assertEquals(copies.values, ["a", "b"]);
});

Deno.test('start() begins behind what is there when the job begins at "latest"', async () => {
  const { harness, words, copies } = copyJob();
  await words.push("a", 1);
  await using _ = await harness.start({ from: "latest" });
  await words.push("b", 2);

  assertEquals(copies.values, ["b"]);
});

Deno.test("push() without await makes one batch, whose records go by their times over all partitions", async () => {
  const oneByOne = windowJob({ partitions: 2, strategy: WatermarkStrategy.forMonotonousTimestamps() });
  await using _one = await oneByOne.harness.start();
  await oneByOne.fares.push(fare("Ulm", 1), 25);
  await oneByOne.fares.push(fare("Ulm", 2), 25, { partition: 1 });
  await oneByOne.fares.push(fare("Ulm", 4), 5, { partition: 1 });

  const batch = windowJob({ partitions: 2, strategy: WatermarkStrategy.forMonotonousTimestamps() });
  await using _batch = await batch.harness.start();
  await Promise.all([
    batch.fares.push(fare("Ulm", 1), 25),
    batch.fares.push(fare("Ulm", 4), 5, { partition: 1 }),
    batch.fares.push(fare("Ulm", 2), 25, { partition: 1 }),
  ]);

  assertEquals([oneByOne.totals.records, oneByOne.harness.books().late], [[], 1]);
  assertEquals([batch.totals.records, batch.harness.books().late], [[[fare("Ulm", 4), 9]], 0]);
});

Deno.test("pushAll() makes one batch, too", async () => {
  const { harness, words, copies } = copyJob();
  await using _ = await harness.start();
  await words.pushAll([["a", 1], ["b", 2]]);

  assertEquals(copies.records, [["a", 1], ["b", 2]]);
});

Deno.test("watermark() moves event time of one partition, or of all", async () => {
  const { harness, fares, totals } = windowJob({ partitions: 2 });
  await using _ = await harness.start();
  await fares.push(fare("Ulm", 1), 5, { partition: 1 });
  await fares.watermark(9, { partition: 1 });
  assertEquals([totals.records, harness.currentWatermark("windows")], [[], Number.NEGATIVE_INFINITY]);
  await fares.watermark(8, { partition: 0 });
  assertEquals([totals.records, harness.currentWatermark("windows"), harness.currentWatermark("fares")], [[], 8, 8]);
  await fares.watermark(9);

  assertEquals([totals.records, harness.currentWatermark("windows")], [[[fare("Ulm", 1), 9]], 9]);
});

Deno.test("watermark() has its place among the records, also when they are read again after a crash", async () => {
  const { harness, fares, totals } = windowJob();
  await using _ = await harness.start();
  await fares.push(fare("Ulm", 1), 5);
  await fares.watermark(9); // the first output is committed at once, what follows is not
  await fares.push(fare("Ulm", 2), 15);
  await fares.watermark(19);
  await fares.push(fare("Ulm", 4), 16);
  const seen = () => [totals.records, harness.deadLetters.map(({ origin }) => origin?.offset)];
  assertEquals(seen(), [[[fare("Ulm", 1), 9], [fare("Ulm", 2), 19]], [2]]);
  assertEquals(totals.committedRecords.length, 1);

  await harness.restart();
  assertEquals(seen(), [[[fare("Ulm", 1), 9], [fare("Ulm", 2), 19]], [2]]);
});

Deno.test("watermark() goes with a strategy too, and refuses what is no time", async () => {
  const { harness, fares, totals } = windowJob({ strategy: WatermarkStrategy.forMonotonousTimestamps() });
  await using _ = await harness.start();
  await fares.push(fare("Ulm", 1), 5);
  assertEquals(harness.currentWatermark("windows"), 4);
  await fares.watermark(9);

  assertEquals(totals.records, [[fare("Ulm", 1), 9]]);
  assertThrows(
    () => fares.watermark(Number.POSITIVE_INFINITY),
    RangeError,
    'Cannot move event time of "fares" as watermarkMs must be finite: current value is Infinity',
  );
});

Deno.test("idle() takes a partition out of event time until active(), a record or a watermark", async () => {
  const { harness, fares } = windowJob({ partitions: 2 });
  await using _ = await harness.start();
  const at = () => harness.currentWatermark("windows");
  await fares.watermark(5);
  await fares.watermark(20, { partition: 0 });
  assertEquals(at(), 5);
  await fares.idle({ partition: 1 });
  assertEquals(at(), 20);

  await fares.active({ partition: 1 });
  await fares.watermark(30, { partition: 0 });
  assertEquals(at(), 20); // the partition that came back is behind, and waited for
  await fares.idle({ partition: 1 });
  assertEquals(at(), 30);
  await fares.push(fare("Ulm", 1), 31, { partition: 1 });
  await fares.watermark(40, { partition: 0 });
  assertEquals(at(), 30);
  await fares.idle({ partition: 1 });
  await fares.watermark(35, { partition: 1 });
  await fares.watermark(50, { partition: 0 });
  assertEquals(at(), 40);
});

Deno.test("advanceClock() makes silent partitions idle, as in production", async () => {
  const { harness, fares, totals } = windowJob({
    partitions: 2,
    strategy: WatermarkStrategy.forMonotonousTimestamps<typeof A>().withIdleness(1_000),
  });
  const A = fare("Ulm", 1);
  await using _ = await harness.start();
  await fares.push(A, 5);
  await harness.advanceClock(400);
  await fares.push(A, 10);
  await harness.advanceClock(599);
  assertEquals(totals.records, []);
  await harness.advanceClock(1);

  assertEquals(totals.records, [[A, 9]]);
});

Deno.test("advanceClock() lets the job live through the time: each timer fires when it is due", async () => {
  const words = new TestSource<string>("words");
  const [out, quiet] = [new TestSink<string>("out"), new TestSink<[string, number]>("quiet")];
  const harness = new JobHarness((env) => {
    const silence = env.fromSource(words, watermarksByHand<string>(), "words").keyBy((word) => word).process(
      new QuietKeys(),
    ).name("silence");
    silence.sinkTo(out).name("out");
    silence.getSideOutput(QUIET).map((text): [string, number] => [text, harness.clock.nowMs]).sinkTo(quiet);
  });
  await using _ = await harness.start();
  await words.push("a", 1);
  await harness.advanceClock(60);
  await words.push("b", 2);
  await harness.advanceClock(39);
  assertEquals(quiet.values, []);
  await harness.advanceClock(1_000);

  assertEquals(quiet.values, [["a at 100", 100], ["b at 160", 160]]);
  assertEquals(out.values, ["a 1", "b 1"]);
  await words.watermark(1_001);
  assertEquals(out.take().at(-1), ["a at 1001", 1_001]);
  assertEquals(harness.clock.nowMs, 1_099);
});

Deno.test("advanceClock() moves the clock of a job that is not running", async () => {
  const { harness } = copyJob();
  await harness.advanceClock(5);
  assertEquals(harness.clock.nowMs, 5);
});

Deno.test("withhold() lets a job that takes records in order of time wait, deliver() lets them come", async () => {
  const { harness, fares } = windowJob({ partitions: 2 });
  const seen: number[] = [];
  const tap = new JobHarness((env) => {
    env.fromSource(fares, watermarksByHand<{ city: string; sum: number }>(), "fares").map(({ sum }) =>
      void seen.push(sum)
    )
      .sinkTo(new TestSink("none"));
  });
  await using _ = await tap.start();
  fares.withhold({ partition: 0 });
  await fares.push(fare("Ulm", 1), 10);
  await fares.push(fare("Ulm", 2), 20);
  await fares.push(fare("Ulm", 3), 15, { partition: 1 });
  assertEquals(seen, []);
  assertEquals(
    tap.whyNothingComesOut(),
    "waits for records of fares-0 that are known to be there: 2 to read",
  );
  await fares.deliver(1, { partition: 0 });
  assertEquals(seen, [1]);
  await fares.deliver();
  assertEquals(seen, [1, 3, 2]);
  await fares.push(fare("Ulm", 4), 30);
  assertEquals(seen, [1, 3, 2, 4]);
  assertEquals(harness.status, "not running");
});

// ------------------------------------------------------------------------------------------------- commits and looking

Deno.test("TestSink tells apart what came and what lasts; commit() makes it last without moving the clock", async () => {
  const { harness, words, copies } = copyJob();
  await using _ = await harness.start();
  await words.push("a", 1); // the first output is committed at once
  await words.push("b", 2);
  assertEquals([copies.values, copies.committedValues], [["a", "b"], ["a"]]);
  await harness.commit();
  assertEquals(copies.committedRecords, [["a", 1], ["b", 2]]);
  assertEquals([harness.clock.nowMs, harness.store.commits.length], [0, 3]);
});

Deno.test("advanceClock() commits when the interval is over", async () => {
  const { harness, words, copies } = copyJob({ commitIntervalMs: 300 });
  await using _ = await harness.start();
  await words.pushAll([["a", 1]]);
  await words.push("b", 2);
  await harness.advanceClock(299);
  assertEquals(copies.committedValues, ["a"]);
  await harness.advanceClock(1);
  assertEquals(copies.committedValues, ["a", "b"]);
});

Deno.test("commit() commits also when nothing has changed, once", async () => {
  const { harness } = copyJob();
  await using _ = await harness.start();
  await harness.commit();
  await harness.advanceClock(10_000);

  assertEquals(harness.store.commits.length, 2);
});

Deno.test("take() gives each record once, also when it came again after a crash", async () => {
  const { harness, words, copies } = copyJob();
  await using _ = await harness.start();
  await words.push("a", 1);
  assertEquals(copies.take(), [["a", 1]]);
  await words.push("b", 2);
  assertEquals(copies.take(), [["b", 2]]);
  await harness.crash();
  assertEquals([copies.values, copies.take()], [["a"], []]);
  await harness.restart();
  assertEquals([copies.values, copies.take()], [["a", "b"], []]);
  await words.push("c", 3);
  assertEquals(copies.take(), [["c", 3]]);
});

Deno.test("a job that delivers at least once gives what was not committed twice", async () => {
  const { harness, words, copies } = copyJob({ delivery: "at-least-once" });
  await using _ = await harness.start();
  await words.push("a", 1);
  await words.push("b", 2);
  assertEquals(copies.committedValues, ["a", "b"]);
  await harness.restart();

  assertEquals(copies.committedValues.filter((word) => word === "b"), ["b", "b"]);
});

Deno.test("deadLetters has undecodable, poisonous and late records, committed or not; books() count them", async () => {
  const { harness, words } = copyJob();
  await using _ = await harness.start();
  await words.pushUndecodable("value is not JSON", 1);
  await words.push("poison", 2);
  const of = () =>
    harness.deadLetters.map(({ operator, errorClass, origin }) => [operator, errorClass, origin?.offset]);
  const both = [["words", "RecordError", 0], ["copy", "RangeError", 1]];

  assertEquals(of(), both);
  await harness.commit();
  assertEquals(of(), both);
  const { recordsIn, recordsOut, dead } = harness.books();
  assertEquals([recordsIn, recordsOut, dead], [2, 0, 2]);
});

Deno.test("whyNothingComesOut() says which window waits for which partition", async () => {
  const { harness, fares } = windowJob({ partitions: 2 });
  await using _ = await harness.start();
  await fares.push(fare("Ulm", 1), 5);
  await fares.watermark(9, { partition: 0 });
  await fares.watermark(3, { partition: 1 });

  const why = harness.whyNothingComesOut()!;
  assertEquals(
    why.slice(0, why.indexOf(", whose")),
    '1 window of "windows" is open, it closes when event time reaches 1970-01-01T00:00:00.009Z; ' +
      "it is at 1970-01-01T00:00:00.003Z, held by fares-1",
  );
});

Deno.test("operator() shows state by key and by window, and timers, committed or not", async () => {
  const { harness, fares } = windowJob();
  await using _ = await harness.start();
  await fares.push(fare("Ulm", 1), 5);
  await harness.commit();
  await fares.push(fare("Ulm", 2), 6);
  await fares.push(fare("Bern", 4), 15);
  const contents = new ValueStateDescriptor<{ sum: number }>("contents");
  const sumOf = (city: string, window: TimeWindow) =>
    harness.operator("windows").state(city, { window }).getState(contents).value()?.sum;

  const [first, second] = [new TimeWindow(0, 10), new TimeWindow(10, 20)];
  assertEquals([sumOf("Ulm", first), sumOf("Bern", first), sumOf("Bern", second)], [3, undefined, 4]);
  assertEquals(harness.operator("windows-v1").timers(), [
    { timeMs: 9, key: "Ulm", namespace: "0:10" },
    { timeMs: 19, key: "Bern", namespace: "10:20" },
  ]);
  await fares.watermark(9);
  assertEquals([sumOf("Ulm", first), harness.operator("windows").timers().length], [undefined, 1]);

  // What was not committed is gone with the job.
  await harness.crash();
  assertEquals([sumOf("Ulm", first), sumOf("Bern", second)], [1, undefined]);
});

Deno.test("operator() gives a copy: what a test writes the job does not see", async () => {
  const words = new TestSource<string>("words");
  const out = new TestSink<string>("out");
  await using harness = await new JobHarness((env) => {
    env.fromSource(words, watermarksByHand<string>(), "words").keyBy((word) => word).process(new QuietKeys()).name(
      "silence",
    )
      .sinkTo(out);
  }).start();
  await words.push("a", 1);
  const silence = harness.operator("silence");
  silence.state("a").getState(SEEN).update(70);
  assertEquals(silence.state("a").getState(SEEN).value(), 1);
  assertEquals(silence.processingTimers(), [{ timeMs: 100, key: "a", namespace: "" }]);
  await words.push("a", 1);

  assertEquals(out.values, ["a 1", "a 2"]);
});

Deno.test("operator() names the operators of the job when there is none of that name, or more than one", async () => {
  const { harness } = windowJob();
  assertThrows(() => harness.operator("windows"), TypeError, 'Cannot look at operator "windows": no job was started');
  await using _ = await harness.start();
  assertThrows(
    () => harness.operator("widows"),
    TypeError,
    'Cannot look at operator "widows": the job has "fares", "windows" (uid "windows-v1"), "totals"',
  );
  const twice = new JobHarness((env) => {
    const numbers = env.fromCollection([1]);
    for (const uid of ["one", "two"]) {
      numbers.map((n) => n).name("map").uid(uid).sinkTo(new TestSink(uid)).name(uid + "_sink");
    }
  });
  await using _twice = await twice.start();
  assertThrows(() => twice.operator("map"), TypeError, 'the job has 2 of that name; use the uid: "collection"');
});

Deno.test("log has what the job says to its operator", async () => {
  const { harness, words } = copyJob({ jobName: "copier" });
  await harness.start();
  await words.push("a", 1);
  await harness.stop();

  assertEquals(harness.log, [
    "info: copier: starts at the oldest records",
    "info: copier: stopped after a commit: 1 in, 1 out",
    "info:           in  consumed  out",
    "info:   words    1         1    1",
    "info:   copy     1         1    1",
    "info:   copies   1         1    0",
  ]);
});

// -------------------------------------------------------------------------------------------------------------- ends

Deno.test("finish() fires all windows and commits; the sources can be filled again for the next start", async () => {
  const { harness, fares, totals } = windowJob();
  await harness.start();
  await fares.push(fare("Ulm", 1), 5);
  await fares.push(fare("Ulm", 2), 15);
  await fares.watermark(9);
  const { end, books } = await harness.finish();

  assertEquals([end, books.recordsIn, books.recordsOut, harness.status], ["finished", 2, 2, "finished"]);
  assertEquals(totals.committedRecords, [[fare("Ulm", 1), 9], [fare("Ulm", 2), 19]]);

  // Event time really stood at 9: the end of the run makes nothing late.
  await harness.start();
  await fares.push(fare("Ulm", 4), 12);
  await fares.push(fare("Ulm", 8), 8);
  await harness.finish();
  assertEquals([totals.records.slice(2), harness.deadLetters.length], [[[fare("Ulm", 4), 19]], 1]);
});

Deno.test("run() goes to the ends that the sources have now, and the next run goes on from there", async () => {
  const words = new TestSource<string>("words");
  const harness = new JobHarness((env, { store }) => {
    env.fromSource(words, watermarksByHand<string>(), "words").sinkTo(store.sink("out"));
  });
  await words.pushAll([["a", 1], ["b", 2]]);
  const { end, books } = await harness.run();
  assertEquals([end, books.recordsIn, harness.status], ["finished", 2, "finished"]);

  await words.push("c", 3);
  assertEquals((await harness.run()).books.recordsIn, 1);
  assertEquals(harness.store.output.map(({ value }) => value), ["a", "b", "c"]);
});

Deno.test("run() throws what made the job fail, says why it has no end, and takes a planned crash for an end", async () => {
  const words = new TestSource<string>("words");
  await words.push("a", 1);
  const failing = new JobHarness((env, { store }) => {
    env.fromSource(words, watermarksByHand<string>(), "words").map((): string => {
      throw new Error("no such word");
    }).sinkTo(store.sink("out"));
  }, { onError: "fail" });
  await assertRejects(() => failing.run(), OperatorError, "no such word");

  await using waiting = new JobHarness((env, { store }) => {
    const never = () => new Promise<string[]>(() => {});
    const stream = env.fromSource(words, watermarksByHand<string>(), "words");
    AsyncDataStream.orderedWait(stream, never, { timeoutMs: Infinity }).name("lookup").sinkTo(store.sink("out"));
  });
  await assertRejects(() => waiting.run(), Error, "Cannot run the job: a source that is not a TestSource");

  const dying = new JobHarness((env, { store }) => {
    env.fromSource(words, watermarksByHand<string>(), "words").sinkTo(store.sink("out"));
  });
  dying.crashAt({ beforeRecord: 1 });
  assertEquals([(await dying.run()).end, dying.status], ["stopped", "crashed"]);
});

Deno.test("finish() says why when something has no end", async () => {
  const words = new TestSource<string>("words");
  await using harness = await new JobHarness((env) => {
    const endless = env.fromSource(
      new DataGeneratorSource({ generate: String, ratePerSecond: 1 }),
      WatermarkStrategy.noWatermarks<string>(),
      "endless",
    );
    env.fromSource(words, watermarksByHand<string>(), "words").union(endless).sinkTo(new TestSink("out"));
  }).start();

  await assertRejects(
    () => harness.finish(),
    Error,
    "Cannot finish the job: a source that is not a TestSource, or an asynchronous function, has not ended",
  );
});

Deno.test("end() ends one of two sources, which then holds event time back no longer and takes nothing more", async () => {
  const [one, other] = [new TestSource<string>("one"), new TestSource<string>("other")];
  await using harness = await new JobHarness((env) => {
    const [a, b] = [one, other].map((source) => env.fromSource(source, watermarksByHand<string>(), source.name));
    a!.union(b!).keyBy((word) => word).process(new QuietKeys()).name("silence").sinkTo(new TestSink("out"));
  }).start();
  await one.watermark(5);
  assertEquals(harness.currentWatermark("silence"), Number.NEGATIVE_INFINITY);
  await other.end();
  assertEquals([harness.currentWatermark("silence"), harness.status], [5, "running"]);
  assertThrows(() => other.push("a"), TypeError, 'Cannot push into test source "other": it has ended');
  await one.end();
  assertEquals(harness.status, "finished");
});

Deno.test("start() runs a bounded job to the end that its sources have", async () => {
  const { harness, words, copies } = copyJob({ bounded: true });
  await words.push("a", 1);
  await harness.start();

  assertEquals([harness.status, copies.committedValues], ["finished", ["a"]]);
});

Deno.test("stop() ends the job after a commit", async () => {
  const { harness, words, copies } = copyJob();
  await harness.start();
  await words.pushAll([["a", 1]]);
  await words.push("b", 2);
  const { end } = await harness.stop();

  assertEquals([end, harness.status, copies.committedValues], ["stopped", "stopped", ["a", "b"]]);
});

// ------------------------------------------------------------------------------------------------------------ crashes

Deno.test("crash() leaves what was committed, and restart() goes on from there", async () => {
  const { harness, fares, totals } = windowJob();
  await harness.start();
  await fares.push(fare("Ulm", 1), 5);
  await harness.commit();
  await fares.push(fare("Ulm", 2), 6);
  await harness.crash();
  assertEquals([harness.status, harness.store.entriesOf("split")], ["crashed", {
    '["fares","fares-0"]': { position: 1 },
  }]);
  await using _ = await harness.restart();
  await fares.watermark(9);

  assertEquals(totals.records, [[fare("Ulm", 3), 9]]);
  assertEquals(harness.store.sessions.map(({ closed }) => closed), [true, false]);
});

for (
  const [point, taken, committed, commits] of [
    [{ beforeRecord: 3 }, ["a", "b"], ["a"], 2],
    [{ beforeOutput: 3 }, ["a", "b"], ["a"], 2],
    [{ beforeCommit: 2 }, ["a", "b", "c"], ["a"], 2],
    [{ afterCommit: 2 }, ["a", "b", "c"], ["a", "b", "c"], 3],
  ] as const
) {
  Deno.test(`crashAt() kills the job at ${JSON.stringify(point)}, once, and nothing is lost or doubled`, async () => {
    const { harness, words, copies } = copyJob();
    await using _ = await harness.start();
    harness.crashAt(point);
    const before: string[][] = [];
    for (const word of ["a", "b", "c"]) {
      await words.push(word, 1);
      if (harness.status === "running") before.push(copies.values);
    }
    if (harness.status === "running") await harness.commit();

    assertEquals([harness.status, before.at(-1), copies.committedValues], ["crashed", [...taken], [...committed]]);
    assertEquals(harness.store.commits.length, commits);
    await harness.restart();
    await words.push("d", 1);
    assertEquals([harness.status, copies.values, harness.deadLetters], ["running", ["a", "b", "c", "d"], []]);
  });
}

Deno.test("crashAt() is not a failure that a restart strategy heals, nor a dead letter", async () => {
  const restartStrategy = { type: "fixed-delay", attempts: 5, delayMs: 10 } as const;
  const { harness, words } = copyJob({ restartStrategy });
  await using _ = await harness.start();
  harness.crashAt({ beforeOutput: 1 });
  await words.push("a", 1);
  assertEquals([harness.status, harness.deadLetters], ["crashed", []]);
});

Deno.test("crashAt() refuses what is no point", () => {
  const { harness } = copyJob();
  assertThrows(
    () => harness.crashAt({ beforeCommit: 0 }),
    RangeError,
    "Cannot plan a crash as beforeCommit must be a whole number > 0: current value is 0",
  );
  assertThrows(() => harness.crashAt({ beforeCommit: 1, afterCommit: 1 }), TypeError, "it takes one point");
});

Deno.test("crash() ends a job, too, that waits to try again", async () => {
  const { harness, words, copies } = copyJob();
  await using _ = await harness.start();
  harness.store.sessions[0]!.lose(new RetriableError("The broker is away"));
  await words.push("a", 1);
  await harness.crash();
  assertEquals(harness.status, "crashed");
  await harness.restart();
  assertEquals(copies.values, ["a"]);
});

Deno.test("a crash before the first commit leaves nothing", async () => {
  const { harness, words, copies } = copyJob();
  harness.crashAt({ beforeCommit: 1 });
  await words.push("a", 1);
  await harness.start();
  assertEquals([harness.status, harness.store.entries.size, harness.operator("copy").timers()], ["crashed", 0, []]);
  await using _ = await harness.restart();
  assertEquals(copies.values, ["a"]);
});

// ----------------------------------------------------------------------------------------------------------- failures

Deno.test("push() throws what makes the job fail, and so does every call until it is started again", async () => {
  const { harness, words, copies } = copyJob({ onError: "fail" });
  await using _ = await harness.start();
  await words.push("a", 1);
  const error = await assertRejects(() => words.push("poison", 2), OperatorError, "cannot stand it");
  assertEquals(harness.status, "failed");
  assertStrictEquals(await assertRejects(() => harness.settle()), error);
  assertThrows(() => harness.whyNothingComesOut(), TypeError, "the job is failed; call start()");

  await assertRejects(() => harness.restart(), OperatorError); // the record is still there
  assertEquals(copies.values, ["a"]);
});

Deno.test("start() throws what keeps the job from starting", async () => {
  const harness = new JobHarness((env) => void env.fromCollection([1]));
  await assertRejects(() => harness.start(), Error, "Cannot execute a job without a sink");
  assertEquals(harness.status, "failed");
});

Deno.test("advanceClock() brings a job back that met a trouble that passes", async () => {
  const { harness, words, copies } = copyJob();
  await using _ = await harness.start();
  await words.push("a", 1);
  harness.store.onOpen = () => {
    harness.store.onOpen = () => {};
    throw new RetriableError("The broker is still away");
  };
  harness.store.sessions[0]!.lose(new RetriableError("The broker is away"));
  await words.push("b", 2);
  assertEquals([harness.status, copies.values], ["running", ["a"]]);
  await harness.advanceClock(500);
  assertEquals(copies.values, ["a"]);
  await harness.advanceClock(1_000);

  assertEquals(copies.values, ["a", "b"]);
});

Deno.test("settle() lets an asynchronous function go on whose promise the test has settled", async () => {
  const answers: (() => void)[] = [];
  const words = new TestSource<string>("words");
  const out = new TestSink<string>("out");
  await using harness = await new JobHarness((env) => {
    const stream = env.fromSource(words, watermarksByHand<string>(), "words");
    AsyncDataStream.orderedWait(
      stream,
      (word) => new Promise<string[]>((resolve) => answers.push(() => resolve([word.toUpperCase()]))),
      { timeoutMs: 1_000 },
    ).sinkTo(out);
  }).start();
  await words.push("a", 1);
  assertEquals(out.values, []);
  answers[0]!();
  await harness.settle();

  assertEquals(out.records, [["A", 1]]);
});

Deno.test("JobHarness refuses to be used out of turn, and says what to do", async () => {
  const { harness, words, copies } = copyJob();
  assertThrows(() => copies.values, TypeError, 'Cannot read test sink "copies": no job that writes to it was started');
  await assertRejects(() => harness.commit(), TypeError, "Cannot commit: the job is not running; call start()");
  await harness.start();
  await assertRejects(() => harness.start(), TypeError, "Cannot start the job: it is running");
  assertThrows(
    () => words.push("a", 1, { partition: 1 }),
    RangeError,
    'Cannot use partition 1 of test source "words": it has 1, counted from 0',
  );
  await harness.stop();
  assertThrows(() => new JobHarness(undefined as never), TypeError, "it takes a function that describes the job");
  assertThrows(() => new TestSource("a", { partitions: 0.5 }), RangeError, "current value is 0.5");

  const same = new JobHarness((env) => {
    for (const name of ["a", "b"]) env.fromCollection([1]).name(name).sinkTo(new TestSink("out")).name(`${name}_sink`);
  });
  await assertRejects(() => same.start(), TypeError, 'Cannot start a job with two test sinks "out"');
  const executed = new JobHarness((env) => void env.execute());
  await assertRejects(() => executed.start(), TypeError, "Cannot execute a job inside of a JobHarness");
});

Deno.test("a test source whose job runs in no harness says that nothing can be done by hand", async () => {
  const words = new TestSource<string>("words");
  await words.watermark(5);
  const env = new StreamExecutionEnvironment({ from: "earliest" });
  env.fromSource(words, watermarksByHand<string>(), "words").print();

  await assertRejects(() => env.execute(), TypeError, 'Cannot move event time of "words-0" by hand');
});
