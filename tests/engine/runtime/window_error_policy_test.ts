/** What becomes of windows and timers at which a function throws. */
import { assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import {
  type Collector,
  CountEvictor,
  type DataStream,
  type GlobalWindow,
  type KeyedProcessContext,
  KeyedProcessFunction,
  type KeyedRuntimeContext,
  type OnTimerContext,
  OperatorError,
  ProcessWindowFunction,
  type TimeWindow,
  TumblingEventTimeWindows,
  type ValueState,
  ValueStateDescriptor,
  WatermarkStrategy,
  type WindowContext,
} from "../../../src/engine/mod.ts";
import { JobHarness, type JobHarnessOptions } from "../../../src/engine/testing/job_harness.ts";
import { outputOf } from "../counting_job.ts";
import { loggedBy } from "../logged.ts";
import { at, type Entry, ScriptSource } from "../script_source.ts";

interface Sale {
  readonly city: string;
  readonly n: number;
}

const sale = (ms: number, city: string, n: number): Entry<Sale> => at(ms, { city, n });

function salesJob(
  sales: readonly Entry<Sale>[],
  describe: (sales: DataStream<Sale>) => DataStream<unknown>,
  options: JobHarnessOptions = {},
): JobHarness {
  return new JobHarness((env, { store }) => {
    const source = new ScriptSource<Sale>({ "s-0": sales });
    describe(env.fromSource(source, WatermarkStrategy.forMonotonousTimestamps(), "sales"))
      .sinkTo(store.sink("out")).name("out");
  }, options);
}

const total = (a: Sale, b: Sale): Sale => ({ city: a.city, n: a.n + b.n });
const counted = new ValueStateDescriptor<number>("windows so far");

/** Counts the windows of each key, and cannot stand a sum of 13. */
class Superstitious extends ProcessWindowFunction<Sale, string, string> {
  process(city: string, context: WindowContext<TimeWindow>, sums: Iterable<Sale>, out: Collector<string>): void {
    const state = context.globalState().getState(counted);
    state.update((state.value() ?? 0) + 1);
    for (const { n } of sums) {
      out.collect(`${city} ${state.value()}: ${n}`);
      if (n === 13) throw new RangeError("13 brings bad luck");
    }
  }
}

const superstitious = (sales: DataStream<Sale>) =>
  sales.keyBy(({ city }) => city).window(TumblingEventTimeWindows.of(10)).reduce(total, new Superstitious()).name(
    "windows",
  );

const SALES = [sale(1, "Ulm", 6), sale(2, "Rom", 1), sale(3, "Ulm", 7), sale(12, "Ulm", 2), sale(25, "Rom", 3)];

Deno.test("a window whose function throws fails the job by default, and is named with its key", async () => {
  const job = salesJob(SALES, superstitious);
  const error = await assertRejects(() => job.run(), OperatorError) as OperatorError;

  assertEquals(
    error.message,
    'Operator "windows" failed in window [1970-01-01T00:00:00.000Z, 1970-01-01T00:00:00.010Z) of key "Ulm": RangeError: 13 brings bad luck',
  );
  assertEquals([job.store.output, job.store.letters], [[], []]);
});

Deno.test("a window that fails as time has come fails the job, and not the record that is at work meanwhile", async () => {
  const job = salesJob(SALES, (sales) =>
    // Event time made anew behind the source: windows fire while a record is at work.
    superstitious(sales.assignTimestampsAndWatermarks(WatermarkStrategy.forMonotonousTimestamps<Sale>())));
  await assertRejects(() => job.run(), OperatorError, 'Operator "windows" failed in window [1970');

  assertEquals([job.store.output, job.store.letters], [[], []]);
});

Deno.test("onWindowError: the window is a dead letter with its key and content, what its function did is taken back, and all others come out", async () => {
  const job = salesJob(SALES, superstitious, { onWindowError: "dead-letter" });
  const { books } = await job.run();

  assertEquals(outputOf(job), ["Rom 1: 1 @9", "Ulm 1: 2 @19", "Rom 2: 3 @29"]);
  assertEquals(job.store.letters.map(({ attempt: _, ...letter }) => letter), [{
    origin: undefined,
    operator: "windows",
    errorClass: "RangeError",
    message: "13 brings bad luck",
    value: { city: "Ulm", n: 13 },
    timestampMs: 9,
    firing: { key: "Ulm", window: "[1970-01-01T00:00:00.000Z, 1970-01-01T00:00:00.010Z)" },
  }]);
  assertEquals(
    loggedBy(job).find((line) => line.startsWith("warn")),
    "warn: windows: RangeError: 13 brings bad luck, in window [1970-01-01T00:00:00.000Z, 1970-01-01T00:00:00.010Z) " +
      'of key "Ulm"; kept in "job.dead-letters"',
  );
  assertEquals([books.dead, books.failed, books.pendingTimers], [0, 1, 0]);
  // Nothing of the window is left.
  assertEquals(Object.keys(job.store.entriesOf("state")).length, 2);
});

Deno.test("onWindowError: what an operator below throws at a window's result is the window's", async () => {
  const job = salesJob(
    SALES,
    (sales) =>
      sales.keyBy(({ city }) => city).window(TumblingEventTimeWindows.of(10)).reduce(total).name("windows")
        .map((sum) => {
          if (sum.n === 13) throw new RangeError("13 brings bad luck");
          return sum.n;
        }).name("checked"),
    { onWindowError: "dead-letter" },
  );
  await job.run();

  assertEquals(outputOf(job), ["1 @9", "2 @19", "3 @29"]);
  assertEquals(job.store.letters.map(({ operator, firing }) => [operator, firing?.key]), [["checked", "Ulm"]]);
});

/** Sets a timer for each sale, and throws at it if n is 13. */
class Reminder extends KeyedProcessFunction<string, Sale, string> {
  #last!: ValueState<number>;

  override open(context: KeyedRuntimeContext): void {
    this.#last = context.getState(counted);
  }

  processElement({ n }: Sale, context: KeyedProcessContext<string>): void {
    this.#last.update(n);
    context.timerService().registerEventTimeTimer(context.timestamp()! + 5);
  }

  override onTimer(ms: number, context: OnTimerContext<string>, out: Collector<string>): void {
    const n = this.#last.value()!;
    this.#last.update(0);
    out.collect(`${context.currentKey()} ${n} at ${ms}`);
    if (n === 13) throw new RangeError("13 brings bad luck");
  }
}

Deno.test("onWindowError: a timer that throws is a dead letter with its key and time, and leaves no trace", async () => {
  const sales = [sale(1, "Ulm", 13), sale(2, "Rom", 2)];
  const describe = (stream: DataStream<Sale>) =>
    stream.keyBy(({ city }) => city).process(new Reminder()).name("reminder");
  const failing = salesJob(sales, describe);
  await assertRejects(
    () => failing.run(),
    OperatorError,
    'Operator "reminder" failed in a timer at 1970-01-01T00:00:00.006Z of key "Ulm": RangeError: 13 brings bad luck',
  );

  const job = salesJob(sales, describe, { onWindowError: "dead-letter" });
  await job.run();
  assertEquals(outputOf(job), ["Rom 2 at 7 @7"]);
  assertEquals(job.store.letters.map(({ firing, value }) => [firing, value]), [[
    { key: "Ulm", timerMs: 6 },
    undefined,
  ]]);
  assertEquals(Object.values(job.store.entriesOf("state")), [13, 0]);
});

Deno.test("onWindowError: a window that fires at a record becomes the dead letter, and not the record", async () => {
  const describe = (stream: DataStream<Sale>) =>
    stream.keyBy(({ city }) => city).countWindow(2).reduce((a, b) => {
      if (a.n + b.n === 13) throw new RangeError("13 brings bad luck");
      return total(a, b);
    }).name("pairs");
  const evicted = (stream: DataStream<Sale>) =>
    stream.keyBy(({ city }) => city).countWindow(2, 2).process(new Pairs()).name("pairs");
  const sales = [6, 7, 1, 1, 2, 2].map((n, i) => sale(i, "Ulm", n));

  // A reduce folds as records come: the record is to blame, alone.
  const folded = salesJob(sales, describe, { onWindowError: "dead-letter" });
  await folded.run();
  assertEquals(folded.store.letters.map(({ origin, firing }) => [origin?.offset, firing]), [[1, undefined]]);

  const job = salesJob(sales, evicted, { onWindowError: "dead-letter" });
  const { books } = await job.run();
  assertEquals(outputOf(job).map((line) => line.split(" ")[0]), ["2", "4"]);
  assertEquals(job.store.letters.map(({ origin, firing, value }) => [origin, firing, value]), [[
    undefined,
    { key: "Ulm", window: "the global window" },
    [{ city: "Ulm", n: 6 }, { city: "Ulm", n: 7 }],
  ]]);
  assertEquals([books.dead, books.failed], [0, 1]);
});

class Pairs extends ProcessWindowFunction<Sale, number, string, GlobalWindow> {
  process(_city: string, _context: WindowContext<GlobalWindow>, sales: Iterable<Sale>, out: Collector<number>): void {
    const sum = [...sales].reduce((n, next) => n + next.n, 0);
    if (sum === 13) throw new RangeError("13 brings bad luck");
    out.collect(sum);
  }
}

/** Numbers the windows of each key and gives their sums; at a bad one it throws when all that is done, or does nothing at all. */
class Numbering extends ProcessWindowFunction<Sale, string, string> {
  constructor(readonly atBad: "throws" | "does nothing") {
    super();
  }

  process(city: string, context: WindowContext<TimeWindow>, sums: Iterable<Sale>, out: Collector<string>): void {
    const [{ n }] = [...sums] as [Sale];
    if (isBad(n) && this.atBad === "does nothing") return;
    const state = context.globalState().getState(counted);
    state.update((state.value() ?? 0) + 1);
    out.collect(`${city} ${state.value()}: ${n}`);
    if (isBad(n)) throw new RangeError(`${n}`);
  }
}

function isBad(n: number): boolean {
  return n % 3 === 0;
}

Deno.test("onWindowError: a window that throws leaves no trace, also in the middle of a record, and the books balance", async () => {
  const entry = fc.record({
    city: fc.constantFrom("Ulm", "Rom", "Bern"),
    n: fc.integer({ min: 0, max: 9 }),
    stepMs: fc.integer({ min: 0, max: 12 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { maxLength: 25 }), fc.boolean(), async (steps, inRecord) => {
      let ms = 0;
      // The first one is good: a run of which nothing is left has failed.
      const sales = [sale(0, "Lyon", 1), ...steps.map(({ stepMs, city, n }) => sale(ms += stepMs, city, n))];
      const jobOf = (atBad: "throws" | "does nothing") =>
        salesJob(sales, (stream) => {
          // Event time made anew behind the source: windows fire while a record is at work.
          const again = WatermarkStrategy.forMonotonousTimestamps<Sale>();
          return (inRecord ? stream.assignTimestampsAndWatermarks(again) : stream)
            .keyBy(({ city }) => city).window(TumblingEventTimeWindows.of(10)).reduce(total, new Numbering(atBad))
            .map((text) => text).name("below");
        }, { onWindowError: "dead-letter" });
      const [job, clean] = [jobOf("throws"), jobOf("does nothing")];
      const [{ books }] = [await job.run(), await clean.run()];

      assertEquals(job.store.output, clean.store.output);
      assertEquals(job.store.entriesOf("state"), clean.store.entriesOf("state"));
      assertEquals([job.store.letters.length, job.store.output.length], [books.failed, books.recordsOut]);
    }),
    { seed: 11, numRuns: 200 },
  );
});

const NUMBERS = [0, 1, null, 3, 4, 5, 6, 7, 8].map((v, i) => at(i, { key: "k", v: v as number }));

Deno.test("a field that cannot be summed up is refused when its record comes, behind an evictor too", async () => {
  const job = new JobHarness((env, { store }) => {
    env.fromSource(
      new ScriptSource({ "s-0": NUMBERS }),
      WatermarkStrategy.noWatermarks<{ key: string; v: number }>(),
      "numbers",
    )
      .keyBy(({ key }) => key).countWindow(3, 2).sum("v").sinkTo(store.sink("out"));
  });
  await job.run();

  // 0+1, 1+3+4, 4+5+6, 6+7+8
  assertEquals(job.store.output.map(({ value }) => (value as { v: number }).v), [1, 8, 15, 21]);
  assertEquals(job.store.letters.map(({ origin, message }) => [origin?.offset, message]), [
    [2, 'Cannot take sum() of field "v": it must be a finite number, in this record it is null'],
  ]);
});

for (const aggregation of ["min", "max", "minBy", "maxBy"] as const) {
  Deno.test(`${aggregation}() behind an evictor refuses text among numbers when its record comes`, async () => {
    const values = [1, 2, "x", 3].map((v, i) => at(i, { key: "k", v: v as number }));
    const job = new JobHarness((env, { store }) => {
      env.fromSource(
        new ScriptSource({ "s-0": values }),
        WatermarkStrategy.forMonotonousTimestamps<{ key: string; v: number }>(),
        "numbers",
      )
        .keyBy(({ key }) => key).window(TumblingEventTimeWindows.of(10)).evictor(CountEvictor.of(9))[aggregation]("v")
        .sinkTo(store.sink("out"));
    });
    await job.run();

    assertEquals(job.store.output.map(({ value }) => (value as { v: number }).v), [
      aggregation.startsWith("min") ? 1 : 3,
    ]);
    assertEquals(job.store.letters.map(({ origin, message }) => [origin?.offset, message]), [
      [2, `Cannot take ${aggregation}() of field "v": it is number in one record and string in another`],
    ]);
  });
}
