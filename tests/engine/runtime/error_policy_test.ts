import { assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { StreamExecutionEnvironment } from "../../../src/engine/api/environment.ts";
import type { EnvironmentOptions } from "../../../src/engine/runtime/job_settings.ts";
import { JobError, OperatorError, RecordError } from "../../../src/engine/errors.ts";
import { WatermarkStrategy } from "../../../src/engine/time/watermark_strategy.ts";
import { TumblingEventTimeWindows } from "../../../src/engine/windows/tumbling_event_time_windows.ts";
import { JobHarness, type JobHarnessOptions } from "../../../src/engine/testing/job_harness.ts";
import { loggedBy } from "../logged.ts";
import { at, bad, type Entry, ScriptSource } from "../script_source.ts";

interface Booking {
  readonly email: string;
  readonly flights: number;
  /** Which part of the job throws at it. */
  readonly poison?: "map" | "key" | "state" | "behind state" | "second branch" | "sink";
}

function poisoned(where: Booking["poison"]): (booking: Booking) => Booking {
  return (booking) => {
    if (booking.poison === where) throw new TypeError(`cannot stand it in ${where}`);
    return booking;
  };
}

/** Running totals, windows of them and a second sink: state, timers and outputs before each place that may throw. */
function poisonJob(bookings: readonly Entry<Booking>[], options: JobHarnessOptions = {}): JobHarness {
  const add = (a: Booking, b: Booking) => ({ ...b, flights: a.flights + b.flights });
  // What a commit could not keep.
  const unkept = (booking: Booking) => booking.poison === "state" ? { ...booking, flights: NaN } : booking;
  const job = new JobHarness((env, { store }) => {
    const totals = env.fromSource(
      new ScriptSource({ "s-0": bookings }),
      WatermarkStrategy.forMonotonousTimestamps(),
      "bookings",
    )
      .map((booking) => unkept(poisoned("map")(booking))).name("clean")
      .keyBy((booking) => poisoned("key")(booking).email)
      .reduce(add).name("totals");
    totals.sinkTo(store.sink("totals")).name("totals_sink");
    totals.map(poisoned("behind state")).name("checked")
      .keyBy(({ email }) => email)
      .window(TumblingEventTimeWindows.of(10))
      .reduce(add).name("windows")
      .sinkTo(store.sink("windows")).name("windows_sink");
    totals.map(poisoned("second branch")).name("second").sinkTo({
      description: "a picky sink",
      exactlyOnceWith: () => true,
      open: async (context) => {
        const writer = await store.sink<Booking>("picky").open(context);
        return {
          write: (value, timestampMs) => writer.write(poisoned("sink")(value), timestampMs),
          takeBack: (records) => writer.takeBack!(records),
        };
      },
    }).name("picky_sink");
  }, options);
  return job;
}

const a = (flights: number, poison?: Booking["poison"]): Booking => ({
  email: "a",
  flights,
  ...(poison && { poison }),
});

function outcome({ store }: JobHarness) {
  return { output: store.output, state: store.entriesOf("state"), timers: Object.keys(store.entriesOf("timer")) };
}

for (const poison of ["map", "key", "state", "behind state", "second branch", "sink"] as const) {
  Deno.test(`JobRun takes back all that a record has done when a function throws: ${poison}`, async () => {
    const job = poisonJob([at(1, a(1)), at(2, a(2, poison)), at(3, a(4)), at(25, a(8))]);
    const { books } = await job.run();
    const without = poisonJob([at(1, a(1)), at(3, a(4)), at(25, a(8))]);
    await without.run();

    assertEquals(outcome(job), outcome(without));
    assertEquals([books.recordsIn, books.dead], [4, 1]);
    const operator = {
      map: "clean",
      key: "totals",
      state: "totals",
      "behind state": "checked",
      "second branch": "second",
      sink: "picky_sink",
    }[poison];
    const message = poison === "state"
      ? 'Cannot store state "sofar" of "totals": it holds NaN in .flights, which JSON does not keep; ' +
        "make it of text, finite numbers, booleans, null, and plain arrays and objects of them"
      : `cannot stand it in ${poison}`;
    assertEquals(
      job.store.letters.map((
        { origin, operator, errorClass, message },
      ) => [origin?.offset, operator, errorClass, message]),
      [
        [1, operator, "TypeError", message],
      ],
    );
    assertEquals(
      loggedBy(job)[1],
      `warn: ${operator}: TypeError: ${message}, at "s-0" partition 0 offset 1; kept in "job.dead-letters"`,
    );
  });
}

Deno.test("JobRun gives what it would give without the records at which functions throw, whatever they are", async () => {
  const booking = fc.record({
    email: fc.constantFrom("a", "b"),
    flights: fc.integer({ min: 1, max: 9 }),
    poison: fc.option(fc.constantFrom("map", "key", "state", "behind state", "second branch", "sink"), {
      nil: undefined,
      freq: 3,
    }),
    stepMs: fc.integer({ min: 0, max: 7 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(booking, { maxLength: 25 }), async (bookings) => {
      let ms = 0;
      // A run without a good one would fail.
      const entries = [at(0, a(1)), ...bookings.map(({ stepMs, ...value }) => at(ms += stepMs, value as Booking))];
      const job = poisonJob(entries);
      const clean = poisonJob(entries.filter(({ value }) => value!.poison === undefined));
      await Promise.all([job.run(), clean.run()]);
      assertEquals(outcome(job), outcome(clean));
      assertEquals(
        job.store.letters.length,
        entries.length - clean.store.output.filter(({ sink }) => sink === "totals").length,
      );
    }),
    { seed: 7, numRuns: 300 },
  );
});

Deno.test("windows that a record's event time has fired before it died elsewhere fire again: nothing is lost", async () => {
  const source = new ScriptSource({
    "s-0": [at(1, a(1)), at(2, { ...a(2), email: "b" }), at(20, a(4, "second branch")), at(30, a(8)), at(50, a(16))],
  });
  const job = new JobHarness((env, { store }) => {
    const bookings = env.fromSource(source, WatermarkStrategy.noWatermarks(), "bookings");
    bookings.assignTimestampsAndWatermarks(WatermarkStrategy.forMonotonousTimestamps()).keyBy(({ email }) => email)
      .window(TumblingEventTimeWindows.of(10)).sum("flights").name("windows").sinkTo(store.sink("windows"));
    bookings.map(poisoned("second branch")).sinkTo(store.sink("second"));
  });
  const { books } = await job.run();

  const written = job.store.output.filter(({ sink }) => sink === "windows");
  assertEquals(written.map(({ value, timestampMs }) => [(value as Booking).flights, timestampMs]), [
    [1, 9],
    [2, 9],
    [8, 39],
    [16, 59],
  ]);
  assertEquals([books.dead, job.store.entriesOf("state"), books.pendingTimers], [1, {}, 0]);
});

Deno.test("JobRun counts a record that died where it died, and what was taken back of it elsewhere", async () => {
  const { books } = await poisonJob([at(1, a(1)), at(2, a(2, "second branch"))]).run();
  const counts = books.operators.map(({ name, recordsIn, dead, takenBack }) => [name, recordsIn, dead, takenBack]);
  assertEquals(counts, [
    ["clean", 2, 0, 1],
    ["totals", 2, 0, 1],
    ["totals_sink", 2, 0, 1],
    ["checked", 2, 0, 1],
    ["windows", 2, 0, 1],
    ["windows_sink", 1, 0, 0],
    ["second", 2, 1, 0],
    ["picky_sink", 1, 0, 0],
  ]);
});

Deno.test('onError "skip" goes on too, and keeps no dead letter', async () => {
  const job = poisonJob([at(1, a(1)), at(2, a(2, "map")), bad(3, "no JSON"), at(4, a(4))], { onError: "skip" });
  const { books } = await job.run();
  assertEquals([books.dead, job.store.letters], [2, []]);
  assertEquals(job.store.output.filter(({ sink }) => sink === "totals").map(({ value }) => value), [a(1), a(5)]);
  assertEquals(loggedBy(job).slice(1, 3).map((line) => line.split("; ").at(-1)), ["it is skipped", "it is skipped"]);
});

Deno.test('onError "fail" ends the job at the first record that fails, decoded or not', async () => {
  await assertRejects(
    () => poisonJob([at(2, a(2, "map"))], { onError: "fail" }).run(),
    OperatorError,
    'Operator "clean" failed at "s-0" partition 0 offset 0: TypeError: cannot stand it in map',
  );
  await assertRejects(() => poisonJob([bad(3, "no JSON")], { onError: "fail" }).run(), RecordError, "no JSON");
});

Deno.test("JobRun goes on behind the record: neither it nor what it did comes again after a crash", async () => {
  const entries = [at(1, a(1)), at(2, a(2, "sink")), at(3, a(4)), at(25, a(8))];
  const undisturbed = poisonJob(entries);
  await undisturbed.run();
  for (const when of ["beforeCommit", "afterCommit"] as const) {
    const job = poisonJob(entries, { commitIntervalMs: 1 });
    job.store[when] = (number) => {
      if (number === 2) throw new Error("crash");
    };
    await assertRejects(() => job.run(), Error, "crash");
    job.store[when] = () => {};
    await job.run();
    assertEquals([outcome(job), job.store.letters.length], [outcome(undisturbed), 1]);
  }
});

Deno.test("maxDead.perMinute ends the job when more records die within a minute, and names the last one", async () => {
  const entries = Array.from({ length: 5 }, (_, i) => at(i, a(i, "map")));
  const options = { maxDead: { perMinute: 4 } };
  const error = await assertRejects(() => poisonJob(entries, options).run(), JobError) as JobError;
  assertEquals(
    error.message,
    'Cannot go on with job "job": more than 4 records within a minute could not be processed; the last one: ' +
      'clean: TypeError: cannot stand it in map, at "s-0" partition 0 offset 4; those since the last commit are read again ' +
      'by the next start, earlier ones are in "job.dead-letters"; mend the job and start it again, or say with --max-dead ' +
      "how many it may go on with",
  );
  await poisonJob([...entries.slice(1), at(9, a(9))], options).run();
});

Deno.test("without a store the job fails at the first record that fails unless it has a policy, as nobody would find out", async () => {
  const run = (options: EnvironmentOptions) =>
    new StreamExecutionEnvironment(options).fromCollection([1, 2]).map((n) => {
      if (n === 1) throw new RecordError("one is odd");
      return n;
    }).name("count").executeAndCollect();
  await assertRejects(() => run({}), OperatorError, 'Operator "count" failed: one is odd');
  assertEquals([await run({ onError: "skip" }), await run({ onError: "dead-letter" })], [[2], [2]]);
});
