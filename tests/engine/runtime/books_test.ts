import { assertEquals } from "@std/assert";
import { type Books, formatBooks } from "../../../src/engine/runtime/books.ts";
import { WatermarkStrategy } from "../../../src/engine/time/watermark_strategy.ts";
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
  const { books } = await job.execute();

  assertEquals(books, {
    recordsIn: 8,
    recordsOut: 1 + 7,
    late: 1,
    dead: 1,
    pendingTimers: 2,
    operators: [
      { name: "kept", operation: "filter", recordsIn: 7, recordsOut: 6, late: 0, dead: 0, takenBack: 0 },
      { name: "counts", operation: "window reduce", recordsIn: 6, recordsOut: 1, late: 1, dead: 0, takenBack: 0 },
      { name: "out", operation: "sink", recordsIn: 1, recordsOut: 0, late: 0, dead: 0, takenBack: 0 },
      { name: "all", operation: "sink", recordsIn: 7, recordsOut: 0, late: 0, dead: 0, takenBack: 0 },
    ],
  });
  // in = dead + filtered out + late + in windows: the two of a that fired, b twice and c in the one that is open.
  assertEquals(books.recordsIn, books.dead + 1 + books.late + 2 + 3);
});

Deno.test("formatBooks() says in one line what happened, and leaves out what did not", () => {
  const none: Books = { recordsIn: 0, recordsOut: 0, late: 0, dead: 0, pendingTimers: 0, operators: [] };
  assertEquals(formatBooks(none), "0 in, 0 out");

  const operators = [
    { name: "one", operation: "filter", recordsIn: 1_204, recordsOut: 1_000, late: 0, dead: 0, takenBack: 0 },
    { name: "other", operation: "filter", recordsIn: 12, recordsOut: 4, late: 0, dead: 2, takenBack: 0 },
    { name: "map", operation: "map", recordsIn: 10, recordsOut: 0, late: 0, dead: 0, takenBack: 0 },
  ];
  assertEquals(
    formatBooks({ recordsIn: 1_204, recordsOut: 1_000_000, late: 3, dead: 2, pendingTimers: 5, operators }),
    "1,204 in, 1,000,000 out, 210 filtered out, 3 late, 2 bad",
  );
});
