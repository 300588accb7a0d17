import { assertEquals, assertRejects } from "@std/assert";
import { FilterOperator } from "../../../src/engine/operators/filter.ts";
import { FlatMapOperator } from "../../../src/engine/operators/flat_map.ts";
import { MapOperator } from "../../../src/engine/operators/map.ts";
import type { Operator } from "../../../src/engine/operators/operator.ts";
import { ReduceOperator } from "../../../src/engine/operators/reduce.ts";
import { SinkOperator } from "../../../src/engine/operators/sink.ts";
import { SplitOperator } from "../../../src/engine/operators/split.ts";
import { TimestampsAndWatermarksOperator } from "../../../src/engine/operators/timestamps_and_watermarks.ts";
import { ReduceFold } from "../../../src/engine/operators/window/folds.ts";
import { SimpleWindowOperator, type SimpleWindows } from "../../../src/engine/operators/window/simple_window.ts";
import { type Books, formatBooks, type OperatorBooks } from "../../../src/engine/runtime/books.ts";
import { outRuleOf } from "../../../src/engine/runtime/out_rules.ts";
import { Tally } from "../../../src/engine/runtime/tally.ts";
import type { FanOut } from "../../../src/engine/runtime/edge.ts";
import type { Output, StreamRecord } from "../../../src/engine/record.ts";
import { OutputTag } from "../../../src/engine/side_output.ts";
import { Journal } from "../../../src/engine/state/journal.ts";
import { WatermarkStrategy } from "../../../src/engine/time/watermark_strategy.ts";
import { TumblingEventTimeWindows } from "../../../src/engine/windows/tumbling_event_time_windows.ts";
import type { TimeWindow } from "../../../src/engine/windows/window.ts";
import { JobRig, windowCounts } from "../job_rig.ts";
import { at, bad, type Entry, ScriptSource } from "../script_source.ts";

/** texts → filter out "x" → windows → out, with all texts into a second sink. */
function newJob(...entries: readonly Entry<string>[]): JobRig {
  const source = new ScriptSource({ "s-0": entries });
  return new JobRig((env, { store }) => {
    const texts = env.fromSource(source, WatermarkStrategy.forMonotonousTimestamps<string>(), "texts");
    const kept = texts.filter((text) => !text.startsWith("x")).name("kept");
    windowCounts(kept).sinkTo(store.sink("out")).name("out");
    texts.sinkTo(store.sink("all")).name("all");
  });
}

/** What books have of an operator, with all counts that are not 0. */
function books(name: string, operation: string, counts: Partial<OperatorBooks>): OperatorBooks {
  const zeros = { recordsIn: 0, restored: 0, consumed: 0, filtered: 0, late: 0, dead: 0, takenBack: 0, pending: 0 };
  return { name, operation, ...zeros, recordsOut: 0, sideOut: 0, failed: 0, ...counts };
}

Deno.test("booksOf() accounts for every record: bad, filtered out, late, in a window that is open, or given", async () => {
  const job = newJob(
    at(1, "a 1"),
    at(2, "x 1"),
    bad(3, "no text"),
    at(4, "a 1"),
    at(11, "b 1"),
    at(5, "a 1"),
    at(12, "b 1"),
    at(12, "c 1"),
  );
  const result = await job.execute();

  assertEquals(result.books, {
    recordsIn: 8,
    recordsOut: 1 + 7,
    filtered: 1,
    late: 1,
    dead: 1,
    failed: 0,
    ahead: 0,
    pendingTimers: 2,
    sources: [books("texts", "source", { recordsIn: 8, consumed: 7, dead: 1, recordsOut: 7 })],
    operators: [
      books("kept", "filter", { recordsIn: 7, consumed: 6, filtered: 1, recordsOut: 6 }),
      books("counts", "window reduce", { recordsIn: 6, consumed: 5, late: 1, recordsOut: 1 }),
      books("out", "sink", { recordsIn: 1, consumed: 1 }),
      books("all", "sink", { recordsIn: 7, consumed: 7 }),
    ],
  });
});

Deno.test("a record at which the second of two branches throws is taken back in the first, whatever became of it there", async () => {
  const thrower = (fate: string) => (text: string) => {
    if (text.startsWith(fate)) throw new Error("no");
    return text;
  };
  const source = new ScriptSource({
    "s-0": [at(1, "kept"), at(2, "x throws"), at(25, "kept"), at(3, "late"), at(4, "late too"), at(26, "kept throws")],
  });
  const lateTag = new OutputTag<string>("late");
  const job = new JobRig((env, { store }) => {
    const texts = env.fromSource(source, WatermarkStrategy.forMonotonousTimestamps<string>(), "texts");
    const windows = texts.filter((text) => !text.startsWith("x")).name("kept")
      .keyBy((text) => text)
      .window(TumblingEventTimeWindows.of(10))
      .sideOutputLateData(lateTag)
      .reduce((sofar) => sofar).name("counts");
    windows.sinkTo(store.sink("out")).name("out");
    windows.getSideOutput(lateTag).sinkTo(store.sink("late")).name("late");
    for (const fate of ["x", "late too", "kept throws"]) texts.map(thrower(fate)).name(`no ${fate}`);
  });
  const result = await job.run();

  assertEquals([result.books.sources, result.books.operators], [
    [books("texts", "source", { recordsIn: 6, consumed: 3, takenBack: 3, recordsOut: 3 })],
    [
      books("kept", "filter", { recordsIn: 6, consumed: 3, takenBack: 3, recordsOut: 3 }),
      // The window of the first record has closed, and that of the other at the end.
      books("counts", "window reduce", { recordsIn: 5, consumed: 2, late: 1, takenBack: 2, recordsOut: 2, sideOut: 1 }),
      books("out", "sink", { recordsIn: 2, consumed: 2 }),
      books("late", "sink", { recordsIn: 2, consumed: 1, takenBack: 1 }),
      books("no x", "map", { recordsIn: 6, consumed: 3, dead: 1, takenBack: 2, recordsOut: 3 }),
      books("no late too", "map", { recordsIn: 5, consumed: 3, dead: 1, takenBack: 1, recordsOut: 3 }),
      books("no kept throws", "map", { recordsIn: 4, consumed: 3, dead: 1, recordsOut: 3 }),
    ],
  ]);
});

Deno.test("a late record that is in the dead letters stays late when another operator throws at it", async () => {
  const source = new ScriptSource({ "s-0": [at(1, "a 1"), at(25, "a 1"), at(3, "late 1")] });
  const job = new JobRig((env, { store }) => {
    const texts = env.fromSource(source, WatermarkStrategy.forMonotonousTimestamps<string>(), "texts");
    windowCounts(texts).sinkTo(store.sink("out")).name("out");
    texts.map((text) => {
      if (text.startsWith("late")) throw new Error("no");
    }).name("thrower");
  });
  const { operators } = (await job.run()).books;
  assertEquals([operators[0], operators[2]], [
    books("counts", "window reduce", { recordsIn: 3, consumed: 2, late: 1, recordsOut: 2 }),
    books("thrower", "map", { recordsIn: 3, consumed: 2, dead: 1, recordsOut: 2 }),
  ]);
  assertEquals(job.store.letters.map(({ errorClass }) => errorClass), ["LateRecord", "Error"]);
});

// ---------------------------------------------------------------------------------------------------------- the check

class Lossy implements Operator<number, number> {
  constructor(readonly fate: "filters twice" | "says late and emits" | "keeps it") {}

  processElement(_record: StreamRecord<number>, output: Output<number>): void {
    const { tally } = output as FanOut;
    if (this.fate === "filters twice") tally.filtered++;
    if (this.fate === "keeps it") tally.in++;
    if (this.fate === "says late and emits") tally.late++;
  }
}

Deno.test("a commit is refused if a record has vanished or was counted twice", async () => {
  for (const fate of ["filters twice", "says late and emits", "keeps it"] as const) {
    const job = new JobRig((env, { store }) => {
      env.fromCollection([1]).transform("lossy", () => new Lossy(fate)).name("lossy").sinkTo(store.sink("out"));
    });
    await assertRejects(() => job.run(), Error, 'The books of "lossy" do not balance');
    assertEquals(job.store.commits.length, 1, "only the one before the first record");
  }
});

Deno.test("each operator that gives one record for each, or none, is held to it", () => {
  const failing = (operator: object, counts: Partial<Tally>) =>
    outRuleOf(operator).holds(Object.assign(new Tally(new Journal()), counts), operator);
  const one = [
    new MapOperator((n) => n),
    new FilterOperator(() => true),
    new ReduceOperator<number>((n) => n),
    new TimestampsAndWatermarksOperator(WatermarkStrategy.noWatermarks()),
  ];
  for (const operator of one) {
    assertEquals(
      [failing(operator, { consumed: 2, out: 2 }), failing(operator, { consumed: 2, out: 1 })],
      [true, false],
      operator.constructor.name,
    );
  }
  const split = new SplitOperator([]);
  assertEquals(
    [failing(split, { consumed: 2, sideOut: 2 }), failing(split, { consumed: 2, sideOut: 3 })],
    [true, false],
  );
  const window = new SimpleWindowOperator({
    assigner: TumblingEventTimeWindows.of(10),
    fold: new ReduceFold((n) => n),
  } as unknown as SimpleWindows<number, number, number, number, string, TimeWindow>);
  assertEquals([failing(window, { fired: 2, out: 2 }), failing(window, { fired: 2, out: 1 })], [true, false]);
  const sink = new SinkOperator({ write() {} });
  assertEquals([failing(sink, { consumed: 2 }), failing(sink, { consumed: 2, out: 1 })], [true, false]);
  assertEquals(failing(new FlatMapOperator(() => {}), { consumed: 2, out: 7 }), true);
});

// ------------------------------------------------------------------------------------------------------- for a person

Deno.test("formatBooks() says in one line what happened, and leaves out what did not", () => {
  const none: Books = {
    ahead: 0,
    recordsIn: 0,
    recordsOut: 0,
    filtered: 0,
    late: 0,
    dead: 0,
    failed: 0,
    pendingTimers: 0,
    sources: [],
    operators: [],
  };
  assertEquals(formatBooks(none), "0 in, 0 out");
  assertEquals(
    formatBooks({
      ...none,
      recordsIn: 1_204,
      recordsOut: 1_000_000,
      filtered: 210,
      late: 3,
      dead: 2,
      pendingTimers: 5,
    }),
    "1,204 in, 1,000,000 out, 210 filtered out, 3 late, 2 bad",
  );
});

Deno.test("the end of a job shows what became of the records of each operator", async () => {
  const job = newJob(at(1, "a 1"), at(2, "x 1"), bad(3, "no text"), at(11, "b 1"), at(5, "a 1"));
  await job.run();
  assertEquals(job.table, [
    "        in  consumed  filtered  late  bad  out",
    "texts    5         4         0     0    1    4",
    "kept     4         3         1     0    0    3",
    "counts   3         2         0     1    0    2",
    "out      2         2         0     0    0    0",
    "all      4         4         0     0    0    0",
  ]);
});
