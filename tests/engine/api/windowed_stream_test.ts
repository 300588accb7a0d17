import { assertEquals, assertThrows } from "@std/assert";
import type { KeyedStream } from "../../../src/engine/api/data_stream.ts";
import { StreamExecutionEnvironment } from "../../../src/engine/api/environment.ts";
import type { WindowedStream } from "../../../src/engine/api/windowed_stream.ts";
import { type Collector, ProcessWindowFunction, type WindowContext } from "../../../src/engine/functions/functions.ts";
import { WindowOperator } from "../../../src/engine/operators/window/window.ts";
import { SessionWindowOperator } from "../../../src/engine/operators/window/session_window.ts";
import { SimpleWindowOperator } from "../../../src/engine/operators/window/simple_window.ts";
import { OutputTag } from "../../../src/engine/side_output.ts";
import type { AggregateFunction } from "../../../src/engine/state/functions.ts";
import { WatermarkStrategy } from "../../../src/engine/time/watermark_strategy.ts";
import { ContinuousEventTimeTrigger } from "../../../src/engine/windows/continuous_triggers.ts";
import { CountTrigger } from "../../../src/engine/windows/count_trigger.ts";
import { DeltaTrigger } from "../../../src/engine/windows/delta_trigger.ts";
import { CountEvictor } from "../../../src/engine/windows/evictors.ts";
import { GlobalWindows } from "../../../src/engine/windows/global_windows.ts";
import { TumblingProcessingTimeWindows } from "../../../src/engine/windows/processing_time_windows.ts";
import { PurgingTrigger } from "../../../src/engine/windows/purging_trigger.ts";
import { EventTimeSessionWindows, ProcessingTimeSessionWindows } from "../../../src/engine/windows/session_windows.ts";
import { SlidingEventTimeWindows } from "../../../src/engine/windows/sliding_event_time_windows.ts";
import { EventTimeTrigger } from "../../../src/engine/windows/time_triggers.ts";
import { TumblingEventTimeWindows } from "../../../src/engine/windows/tumbling_event_time_windows.ts";
import type { GlobalWindow, TimeWindow, Window } from "../../../src/engine/windows/window.ts";
import type { WindowAssigner } from "../../../src/engine/windows/window_assigner.ts";
import { JobHarness } from "../../../src/engine/testing/job_harness.ts";
import { outputOf } from "../counting_job.ts";
import { ManualClock } from "../../../src/engine/testing/manual_clock.ts";
import { at, ScriptSource } from "../script_source.ts";

interface Sale {
  readonly city: string;
  readonly atMs: number;
  readonly sum: number;
}

const sale = (city: string, atMs: number, sum: number): Sale => ({ city, atMs, sum });
const add = (accumulated: Sale, next: Sale): Sale => ({ ...accumulated, sum: accumulated.sum + next.sum });

/** Sales by city, with event time. */
function byCity(...sales: readonly Sale[]): KeyedStream<Sale, string> {
  return new StreamExecutionEnvironment({ clock: new ManualClock() }).fromCollection(sales)
    .assignTimestampsAndWatermarks(
      WatermarkStrategy.forMonotonousTimestamps<Sale>().withTimestampAssigner(({ atMs }) => atMs),
    )
    .keyBy(({ city }) => city);
}

/** In windows of 10 ms. */
function windows(...sales: readonly Sale[]): WindowedStream<Sale, string> {
  return byCity(...sales).window(TumblingEventTimeWindows.of(10));
}

/** `Ulm 0-10: 5 4` */
class Sums<W extends Window> extends ProcessWindowFunction<Sale, string, string, W> {
  override process(city: string, context: WindowContext<W>, sales: Iterable<Sale>, out: Collector<string>): void {
    out.collect(
      `${city} ${context.window().startMs}-${context.window().endMs}: ${[...sales].map(({ sum }) => sum).join(" ")}`,
    );
  }
}

/** The mean of the sums. */
const mean: AggregateFunction<Sale, readonly [sum: number, count: number], number> = {
  createAccumulator: () => [0, 0],
  add: ({ sum: value }, [sum, count]) => [sum + value, count + 1],
  getResult: ([sum, count]) => sum / count,
  merge: ([sum, count], [otherSum, otherCount]) => [sum + otherSum, count + otherCount],
};

Deno.test("reduce() gives the fold of each key and window", async () => {
  const results = await windows(sale("Ulm", 1, 5), sale("Bern", 2, 7), sale("Ulm", 9, 1), sale("Ulm", 10, 2)).reduce(
    add,
  ).executeAndCollect();

  assertEquals(results, [sale("Ulm", 1, 6), sale("Bern", 2, 7), sale("Ulm", 10, 2)]);
});

Deno.test("reduce() with a ProcessWindowFunction gives what that makes of the fold", async () => {
  const results = await windows(sale("Ulm", 1, 5), sale("Ulm", 3, 4), sale("Bern", 12, 7)).reduce(add, new Sums())
    .executeAndCollect();

  assertEquals(results, ["Ulm 0-10: 9", "Bern 10-20: 7"]);
});

Deno.test("aggregate() gives the result of each key's accumulator, or what a function makes of it", async () => {
  class Label extends ProcessWindowFunction<number, string, string> {
    override process(city: string, context: WindowContext, means: Iterable<number>, out: Collector<string>): void {
      for (const mean of means) out.collect(`${city} until ${context.window().endMs}: ${mean}`);
    }
  }
  const sales = [sale("Ulm", 1, 5), sale("Bern", 2, 7), sale("Ulm", 3, 4), sale("Bern", 12, 8)];

  assertEquals(await windows(...sales).aggregate(mean).executeAndCollect(), [4.5, 7, 8]);
  assertEquals(await windows(...sales).aggregate(mean, new Label()).executeAndCollect(), [
    "Ulm until 10: 4.5",
    "Bern until 10: 7",
    "Bern until 20: 8",
  ]);
});

Deno.test("process() gives what its function makes of all records of a window, in order of arrival", async () => {
  const results = await windows(sale("Ulm", 1, 5), sale("Bern", 2, 7), sale("Ulm", 2, 4), sale("Bern", 12, 8))
    .process(new Sums()).executeAndCollect();

  assertEquals(results, ["Ulm 0-10: 5 4", "Bern 0-10: 7", "Bern 10-20: 8"]);
});

// As in Flink: `min` and its like keep the first record's other fields, `minBy` takes the record.
Deno.test("sum(), min() and max() put the result into the window's first record", async () => {
  const sales = [sale("Ulm", 1, 5), sale("Ulm", 2, 3), sale("Ulm", 3, 9), sale("Bern", 4, 1), sale("Ulm", 12, 2)];

  assertEquals(await windows(...sales).sum("sum").executeAndCollect(), [
    sale("Ulm", 1, 17),
    sale("Bern", 4, 1),
    sale("Ulm", 12, 2),
  ]);
  assertEquals((await windows(...sales).min("sum").executeAndCollect())[0], sale("Ulm", 1, 3));
  assertEquals((await windows(...sales).max("sum").executeAndCollect())[0], sale("Ulm", 1, 9));
});

Deno.test("minBy() and maxBy() give the record, of equal ones the first or the last", async () => {
  const sales = [sale("Ulm", 1, 5), sale("Ulm", 2, 3), sale("Ulm", 3, 3), sale("Ulm", 4, 9), sale("Ulm", 5, 9)];

  assertEquals(await windows(...sales).minBy("sum").executeAndCollect(), [sale("Ulm", 2, 3)]);
  assertEquals(await windows(...sales).minBy("sum", false).executeAndCollect(), [sale("Ulm", 3, 3)]);
  assertEquals(await windows(...sales).maxBy("sum").executeAndCollect(), [sale("Ulm", 4, 9)]);
  assertEquals(await windows(...sales).maxBy("sum", false).executeAndCollect(), [sale("Ulm", 5, 9)]);
});

Deno.test("window() takes windows of any kind", async () => {
  const sales = [sale("Ulm", 1, 5), sale("Ulm", 4, 3), sale("Ulm", 16, 2)];

  assertEquals(
    await byCity(...sales).window(SlidingEventTimeWindows.of(10, 5)).process(new Sums()).executeAndCollect(),
    ["Ulm -5-5: 5 3", "Ulm 0-10: 5 3", "Ulm 10-20: 2", "Ulm 15-25: 2"],
  );
  assertEquals(
    await byCity(...sales).window(EventTimeSessionWindows.withGap(5)).process(new Sums()).executeAndCollect(),
    ["Ulm 1-9: 5 3", "Ulm 16-21: 2"],
  );
  assertEquals(
    await byCity(...sales).window(EventTimeSessionWindows.withDynamicGap(({ sum }) => sum * 10)).process(new Sums())
      .executeAndCollect(),
    ["Ulm 1-51: 5 3 2"],
  );
  assertEquals(
    await byCity(...sales).window(GlobalWindows.createWithEndOfStreamTrigger()).process(new Sums())
      .executeAndCollect(),
    ["Ulm -Infinity-Infinity: 5 3 2"],
  );
});

Deno.test("countWindow(size) gives each `size` records of a key, and keeps what is left", async () => {
  const sales = [1, 2, 3, 4, 5].flatMap((n) => [sale("Ulm", n, n), sale("Bern", n, 10 * n)]);

  assertEquals(await byCity(...sales).countWindow(2).process(new Sums<GlobalWindow>()).executeAndCollect(), [
    "Ulm -Infinity-Infinity: 1 2",
    "Bern -Infinity-Infinity: 10 20",
    "Ulm -Infinity-Infinity: 3 4",
    "Bern -Infinity-Infinity: 30 40",
  ]);
});

Deno.test("countWindow(size, slide) gives the last `size` records of a key after each `slide`", async () => {
  const sales = [1, 2, 3, 4, 5, 6, 7].map((n) => sale("Ulm", n, n));

  assertEquals(
    (await byCity(...sales).countWindow(3, 2).reduce(add).executeAndCollect()).map(({ sum }) => sum),
    [1 + 2, 2 + 3 + 4, 4 + 5 + 6],
  );
});

Deno.test("trigger(), evictor() and allowedLateness() change when windows give what", async () => {
  const sales = [sale("Ulm", 1, 1), sale("Ulm", 2, 2), sale("Ulm", 3, 4), sale("Ulm", 12, 8), sale("Ulm", 5, 16)];
  const sumsOf = async (windows: WindowedStream<Sale, string>) =>
    (await windows.reduce(add).executeAndCollect()).map(({ sum }) => sum);

  assertEquals(await sumsOf(windows(...sales)), [7, 8]);
  assertEquals(await sumsOf(windows(...sales).allowedLateness(100)), [7, 23, 8]);
  assertEquals(await sumsOf(windows(...sales).evictor(CountEvictor.of(2))), [6, 8]);
  assertEquals(await sumsOf(windows(...sales).trigger(CountTrigger.of(2))), [3]);
  assertEquals(
    await sumsOf(
      windows(...sales).trigger(PurgingTrigger.of(EventTimeTrigger.create())).allowedLateness(100),
    ),
    [7, 16, 8],
  );
});

Deno.test("sideOutputLateData() sends late records to the side output", async () => {
  const LATE = new OutputTag<Sale>("late");
  const env = new StreamExecutionEnvironment({ clock: new ManualClock() });
  const sums = env.fromCollection([sale("Ulm", 1, 1), sale("Ulm", 12, 2), sale("Ulm", 3, 4)])
    .assignTimestampsAndWatermarks(
      WatermarkStrategy.forMonotonousTimestamps<Sale>().withTimestampAssigner(({ atMs }) => atMs),
    )
    .keyBy(({ city }) => city).window(TumblingEventTimeWindows.of(10)).sideOutputLateData(LATE).sum("sum");

  assertEquals(await sums.getSideOutput(LATE).executeAndCollect(), [sale("Ulm", 3, 4)]);
});

Deno.test("A process function's output() goes to a side output, at the window's last millisecond", async () => {
  const LARGE = new OutputTag<string>("large");
  class Sorting extends ProcessWindowFunction<Sale, string, string> {
    override process(city: string, context: WindowContext, sales: Iterable<Sale>, out: Collector<string>): void {
      for (const { sum } of sales) {
        if (sum < 5) out.collect(`${city} ${sum}`);
        else context.output(LARGE, `${city} ${sum}`);
      }
    }
  }
  const job = new JobHarness((env, { store }) => {
    const sales = env.fromSource(
      new ScriptSource<Sale>({ "s-0": [at(1, sale("Ulm", 1, 3)), at(2, sale("Ulm", 2, 7))] }),
      WatermarkStrategy.forMonotonousTimestamps(),
      "sales",
    );
    const sorted = sales.keyBy(({ city }) => city).window(TumblingEventTimeWindows.of(10)).process(new Sorting());
    sorted.getSideOutput(LARGE).sinkTo(store.sink("out")).name("out");
  });
  await job.run();

  assertEquals(outputOf(job), ["Ulm 7 @9"]);
});

// -------------------------------------------------------------------------------------------------- runs of one job

/** A job of one split, whose windows give their sums. */
function globalJob(
  source: ScriptSource<Sale>,
  windowed: (byCity: KeyedStream<Sale, string>) => WindowedStream<Sale, string, GlobalWindow>,
): JobHarness {
  return new JobHarness((env, { store }) => {
    const sales = env.fromSource(source, WatermarkStrategy.forMonotonousTimestamps(), "sales");
    windowed(sales.keyBy(({ city }) => city)).process(new Sums<GlobalWindow>()).map((text) => text.split(": ")[1]!)
      .sinkTo(store.sink("out")).name("out");
  });
}

Deno.test("A continuous trigger on a global window lets a bounded job end, and goes on in a later run", async () => {
  const source = new ScriptSource<Sale>({ "s-0": [at(3, sale("Ulm", 3, 1)), at(25, sale("Ulm", 25, 2))] });
  const job = globalJob(
    source,
    (sales) => sales.window(GlobalWindows.create()).trigger(ContinuousEventTimeTrigger.of(10)),
  );
  await job.run();
  // 10 and 20, and once at the end.
  assertEquals(outputOf(job).map((text) => text.split(" @")[0]), ["1 2", "1 2", "1 2"]);
  source.append("s-0", at(31, sale("Ulm", 31, 4)), at(52, sale("Ulm", 52, 8)));
  await job.run();

  // 40 and 50, and once at the end.
  assertEquals(outputOf(job).map((text) => text.split(" @")[0]).slice(3), ["1 2 4 8", "1 2 4 8", "1 2 4 8"]);
});

Deno.test("The end-of-stream trigger keeps what there is for a later run", async () => {
  const source = new ScriptSource<Sale>({ "s-0": [at(3, sale("Ulm", 3, 1)), at(4, sale("Bern", 4, 2))] });
  const job = globalJob(source, (sales) => sales.window(GlobalWindows.createWithEndOfStreamTrigger()));
  await job.run();
  source.append("s-0", at(5, sale("Ulm", 5, 4)));
  await job.run();

  assertEquals(outputOf(job).map((text) => text.split(" @")[0]), ["1", "2", "1 4"]);
});

Deno.test("What is left of a count window when a bounded run ends waits for a later run", async () => {
  const source = new ScriptSource<Sale>({ "s-0": [1, 2, 3].map((n) => at(n, sale("Ulm", n, n))) });
  const job = globalJob(source, (sales) => sales.countWindow(2));
  await job.run();
  source.append("s-0", at(4, sale("Ulm", 4, 4)));
  await job.run();

  assertEquals(outputOf(job).map((text) => text.split(" @")[0]), ["1 2", "3 4"]);
});

Deno.test("A window by the clock that is open when a bounded run ends fires in a later run", async () => {
  const source = new ScriptSource<Sale>({ "s-0": [at(1, sale("Ulm", 1, 5)), at(2, sale("Ulm", 2, 4))] });
  const job = new JobHarness((env, { store }) => {
    env.fromSource(source, WatermarkStrategy.noWatermarks(), "sales").keyBy(({ city }) => city)
      .window(TumblingProcessingTimeWindows.of(10)).sum("sum").map(({ sum }) => sum).sinkTo(store.sink("out")).name(
        "out",
      );
  });
  await job.run();
  assertEquals(outputOf(job), []);
  job.clock.nowMs += 10;
  await job.run();

  assertEquals(outputOf(job), ["9 @9"]);
});

// ------------------------------------------------------------------------------------------------------- description

Deno.test("Types of windows, fields, functions and tags are seen by the compiler", () => {
  const described = windows(sale("Ulm", 1, 1));
  class OfNumbers extends ProcessWindowFunction<number, string, string> {
    override process(): void {}
  }
  class OfGlobal extends ProcessWindowFunction<Sale, string, string, GlobalWindow> {
    override process(): void {}
  }

  // @ts-expect-error: it is no number
  described.sum("city");
  // @ts-expect-error: there is none
  described.max("country");
  // @ts-expect-error: records of another type
  described.process(new OfNumbers());
  // @ts-expect-error: windows of another type
  described.process(new OfGlobal());
  byCity().window(GlobalWindows.create()).process(new OfGlobal());
  // @ts-expect-error: records of another type
  described.sideOutputLateData(new OutputTag<number>("late"));
  described.aggregate(mean).map((mean) => mean.toFixed(1));
  byCity().window(EventTimeSessionWindows.withDynamicGap((sale) => sale.sum)).sum("sum");
});

/** The operator that comes of what is said about windows, by default of 10 ms. */
function operatorOf(
  describe: (windows: WindowedStream<Sale, string>) => unknown,
  assigner: WindowAssigner<unknown, TimeWindow> = TumblingEventTimeWindows.of(10),
): unknown {
  const env = new StreamExecutionEnvironment();
  describe(env.fromCollection([sale("Ulm", 1, 1)]).keyBy(({ city }) => city).window(assigner));
  const node = env.graph.nodes.at(-1)!;
  return node.kind === "operator" ? node.create() : undefined;
}

Deno.test("Windows that fire once and keep one value, and sessions that fire once, get a lean operator, all others the general one", () => {
  const isSimple = (...description: Parameters<typeof operatorOf>) => {
    const operator = operatorOf(...description);
    assertEquals(operator instanceof SimpleWindowOperator, !(operator instanceof WindowOperator));
    return operator instanceof SimpleWindowOperator;
  };
  const isSession = (describe: Parameters<typeof operatorOf>[0]) =>
    operatorOf(describe, EventTimeSessionWindows.withGap(5)) instanceof SessionWindowOperator;

  assertEquals(isSimple((windows) => windows.reduce(add)), true);
  assertEquals(isSimple((windows) => windows.aggregate(mean)), true);
  assertEquals(isSimple((windows) => windows.sum("sum")), true);
  assertEquals(isSimple((windows) => windows.trigger(EventTimeTrigger.create()).allowedLateness(0).reduce(add)), true);
  assertEquals(isSimple((windows) => windows.reduce(add), SlidingEventTimeWindows.of(10, 5)), true);
  assertEquals(isSession((windows) => windows.reduce(add)), true);
  assertEquals(isSession((windows) => windows.process(new Sums())), true);
  assertEquals(isSession((windows) => windows.allowedLateness(1).reduce(add)), false);
  assertEquals(isSession((windows) => windows.trigger(CountTrigger.of(2)).reduce(add)), false);
  assertEquals(isSimple((windows) => windows.reduce(add), ProcessingTimeSessionWindows.withGap(5)), false);
  assertEquals(isSimple((windows) => windows.reduce(add), TumblingProcessingTimeWindows.of(5)), false);
  assertEquals(isSimple((windows) => windows.process(new Sums())), false);
  assertEquals(isSimple((windows) => windows.trigger(CountTrigger.of(2)).reduce(add)), false);
  assertEquals(isSimple((windows) => windows.evictor(CountEvictor.of(2)).reduce(add)), false);
  assertEquals(isSimple((windows) => windows.allowedLateness(1).reduce(add)), false);
});

Deno.test("What is said about windows later does not change an operator that is there", async () => {
  const described = windows(sale("Ulm", 1, 1), sale("Ulm", 2, 2), sale("Ulm", 3, 4));
  const before = described.reduce(add);
  described.trigger(CountTrigger.of(2)).reduce(add);

  assertEquals((await before.executeAndCollect()).map(({ sum }) => sum), [7]);
});

Deno.test("explain() shows what is said about windows", () => {
  const env = new StreamExecutionEnvironment();
  env.fromCollection([sale("Ulm", 1, 1)]).keyBy(({ city }) => city).window(EventTimeSessionWindows.withGap(5))
    .trigger(CountTrigger.of(2)).evictor(CountEvictor.of(3)).allowedLateness(7).aggregate(mean).name("means");

  assertEquals(
    env.explain().split("\n").at(-1),
    "window aggregate  means       ← collection, by key; EventTimeSessionWindows(gap 5 ms), CountTrigger(2), " +
      "CountEvictor(3), AllowedLateness(7 ms), keeping records and times",
  );
});

Deno.test("What is no assigner, trigger, evictor, lateness, tag or function is refused where it is said", () => {
  const described = () => windows(sale("Ulm", 1, 1));
  const nothing = {} as never;

  for (
    const [describe, kind, message] of [
      [() => byCity().window(nothing), TypeError, "Cannot describe window(): it takes a window assigner"],
      [() => described().trigger(nothing), TypeError, "Cannot describe trigger(): it takes a trigger"],
      [() => described().evictor(nothing), TypeError, "Cannot describe evictor(): it takes an evictor"],
      [() => described().allowedLateness(-1), RangeError, "it must be >= 0 ms: current value is -1"],
      [() => described().allowedLateness(Number.NaN), RangeError, "it must be >= 0 ms: current value is NaN"],
      [() => described().sideOutputLateData(nothing), TypeError, "it takes an OutputTag"],
      [() => described().reduce(nothing), TypeError, "Cannot describe reduce(): it takes a function"],
      [() => described().reduce(add, nothing), TypeError, "Cannot describe reduce(): it takes a window function"],
      [() => described().aggregate(nothing), TypeError, "Cannot describe aggregate(): it takes an AggregateFunction"],
      [
        () => described().aggregate(mean, nothing),
        TypeError,
        "Cannot describe aggregate(): it takes a window function",
      ],
      [() => described().process(nothing), TypeError, "Cannot describe process(): it takes a window function"],
      [() => described().sum("" as never), TypeError, "Cannot describe sum()"],
      [() => byCity().countWindow(0), RangeError, "maxCount must be a whole number > 0: current value is 0"],
      [() => byCity().countWindow(2, 0), RangeError, "maxCount must be a whole number > 0: current value is 0"],
    ] as const
  ) {
    assertThrows(describe, kind, message);
  }
});

Deno.test("trigger() refuses one that does not support merging on windows that merge, naming both", () => {
  const sessions = byCity(sale("Ulm", 1, 1)).window(EventTimeSessionWindows.withGap(5));

  assertThrows(
    () => sessions.trigger(DeltaTrigger.of(1, () => 0)),
    TypeError,
    "Cannot describe trigger(): the windows of EventTimeSessionWindows(gap 5 ms) merge, which DeltaTrigger(1) does not support",
  );
});
