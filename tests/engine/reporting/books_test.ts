import { assertEquals } from "@std/assert";
import type { OperatorBooks } from "../../../src/engine/reporting/books.ts";
import { OutputTag } from "../../../src/engine/side_output.ts";
import { WatermarkStrategy } from "../../../src/engine/time/watermark_strategy.ts";
import { TumblingEventTimeWindows } from "../../../src/engine/windows/tumbling_event_time_windows.ts";
import { JobHarness } from "../../../src/engine/testing/job_harness.ts";
import { windowCounts } from "../counting_job.ts";
import { tableOf } from "../logged.ts";
import { at, bad, type Entry, ScriptSource } from "../script_source.ts";

/** texts → filter out "x" → windows → out, with all texts into a second sink. */
function newJob(...entries: readonly Entry<string>[]): JobHarness {
  const source = new ScriptSource({ "s-0": entries });
  return new JobHarness((env, { store }) => {
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
  await job.start();
  const result = await job.stop();

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
  const job = new JobHarness((env, { store }) => {
    const texts = env.fromSource(source, WatermarkStrategy.forMonotonousTimestamps<string>(), "texts");
    const windows = texts.filter((text) => !text.startsWith("x")).name("kept")
      .keyBy((text) => text)
      .window(TumblingEventTimeWindows.of(10))
      .sideOutputLateData(lateTag)
      .reduce((accumulated) => accumulated).name("counts");
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
  const job = new JobHarness((env, { store }) => {
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

Deno.test("the end of a job shows what became of the records of each operator", async () => {
  const job = newJob(at(1, "a 1"), at(2, "x 1"), bad(3, "no text"), at(11, "b 1"), at(5, "a 1"));
  await job.run();
  assertEquals(tableOf(job), [
    "        in  consumed  filtered  late  bad  out",
    "texts    5         4         0     0    1    4",
    "kept     4         3         1     0    0    3",
    "counts   3         2         0     1    0    2",
    "out      2         2         0     0    0    0",
    "all      4         4         0     0    0    0",
  ]);
});
