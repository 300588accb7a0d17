// deno-lint-ignore-file no-console -- what goes to standard error is looked at
import { assertEquals } from "@std/assert";
import {
  consoleLogger,
  type EnvironmentOptions,
  formatBooks,
  OutputTag,
  SILENT,
  StreamExecutionEnvironment,
  tableOfBooks,
  TumblingEventTimeWindows,
  WatermarkStrategy,
} from "../../../src/engine/mod.ts";
import { countingJob } from "../counting_job.ts";
import { loggedBy, newLog } from "../logged.ts";
import { at, ScriptSource } from "../script_source.ts";

interface Reading {
  readonly key: string;
  readonly atMs: number;
}

const read = (key: string, atMs: number): Reading => ({ key, atMs });

/** Without a store; B's records stand behind those of A that closed their windows. */
function readings(
  options: EnvironmentOptions,
  records = [read("A", 1_000), read("A", 90_000), read("B", 1_000), read("B", 90_000)],
) {
  return new StreamExecutionEnvironment(options).fromCollection(records)
    .assignTimestampsAndWatermarks(
      WatermarkStrategy.forMonotonousTimestamps<Reading>().withTimestampAssigner(({ atMs }) => atMs),
    )
    .keyBy(({ key }) => key)
    .window(TumblingEventTimeWindows.of(60_000));
}

const last = (_: Reading, next: Reading) => next;

/** What is written to standard error meanwhile, line by line. */
async function standardErrorOf(work: () => Promise<unknown>): Promise<string[]> {
  const lines: string[] = [];
  const { error } = console;
  console.error = (line: string) => void lines.push(line);
  try {
    await work();
  } finally {
    console.error = error;
  }
  return lines;
}

Deno.test("late records of a job without a store and without a logger are logged to standard error, one by one and in total", async () => {
  const lines = await standardErrorOf(() => readings({}).reduce(last).executeAndCollect());

  assertEquals(lines, [
    "warning: job: window reduce: Record came too late for its window [1970-01-01T00:00:00.000Z, 1970-01-01T00:01:00.000Z): " +
    "event time is at 1970-01-01T00:01:29.999Z already; it is dropped, as the job has no store",
    "warning: job: dropped 1 late record of 4, as the job has no store",
    "warning: job: late records are waited for with a larger bound in forBoundedOutOfOrderness(), or with allowedLateness(), " +
    "and kept with sideOutputLateData() or a store",
  ]);
});

Deno.test("an environment says nothing on standard error when all is well, and nothing at all when SILENT is asked for", async () => {
  const fine = readings({}, [read("A", 1_000), read("B", 1_000)]);
  assertEquals(await standardErrorOf(() => fine.reduce(last).executeAndCollect()), []);
  assertEquals(await standardErrorOf(() => readings({ logger: SILENT }).reduce(last).executeAndCollect()), []);
});

Deno.test("many late records are counted, and the first dead letter is shown all the same", async () => {
  const log = newLog();
  const late = new Array<Reading>(500).fill(read("B", 1_000));
  const records = [read("A", 90_000), ...late, read("C", Number.NaN)];
  await readings({ logger: log, onError: "skip" }, records).reduce(last).executeAndCollect();

  assertEquals(log.lines.filter((line) => line.startsWith("warn: ")).slice(10), [
    "warn: job: further late records are counted, not shown",
    "warn: job: timestamps/watermarks: TypeError: Cannot use NaN as a timestamp: the timestamp assigner must return ms since " +
    "the Unix epoch; it is skipped",
    'warn: job: dropped 500 late records of 502, as the error policy is "skip"',
    'warn: job: dropped 1 dead letter of 502, as the error policy is "skip"',
    "warn: job: late records are waited for with a larger bound in forBoundedOutOfOrderness(), or with allowedLateness(), and " +
    "kept with sideOutputLateData() or a store",
  ]);
});

Deno.test("a side output that nobody reads is logged once, with its name", async () => {
  const late = new OutputTag<Reading>("late");
  const log = newLog();
  const windows = readings({ logger: log }, [read("A", 90_000), read("B", 1_000), read("C", 1_000)]).sideOutputLateData(
    late,
  );
  await windows.reduce(last).executeAndCollect();
  const words =
    'warn: job: "window reduce": emits records to its side output "late", which nobody reads: they are counted and ' +
    "dropped; getSideOutput() reads them";
  assertEquals(log.lines.filter((line) => line.startsWith("warn: ")), [words]);

  const quiet = newLog();
  const counted = readings({ logger: quiet }, [read("A", 90_000), read("B", 1_000)]).sideOutputLateData(late).reduce(
    last,
  );
  const values = await counted.getSideOutput(late).executeAndCollect();
  assertEquals([values, quiet.lines.filter((line) => line.startsWith("warn: "))], [[read("B", 1_000)], []]);
});

// Late is not an error: with onError "fail" late records are kept all the same.
for (const [onError, kept] of [["dead-letter", 1], ["fail", 1], ["skip", 0]] as const) {
  Deno.test(`a late record of a job with a store is ${kept ? "kept" : "dropped, which is logged,"} with onError "${onError}"`, async () => {
    const job = countingJob(new ScriptSource({ "s-0": [at(25, "a 1"), at(1, "a 1")] }), { onError });
    const { books, deadLetters } = await job.run();

    assertEquals([books.late, job.store.letters.length, deadLetters], [1, kept, kept ? "job.dead-letters" : undefined]);
    const total = loggedBy(job).filter((line) => line.includes("dropped 1 late record of 2"));
    assertEquals(total.length, 1 - kept);
  });
}

Deno.test("books are printed by formatBooks() and tableOfBooks()", async () => {
  const { books } = await countingJob(new ScriptSource({ "s-0": [at(25, "a 1"), at(1, "a 1")] })).run();

  assertEquals([formatBooks(books), ...tableOfBooks(books)], [
    "2 in, 1 out, 1 late",
    "        in  consumed  late  out",
    "texts    2         2     0    2",
    "counts   2         1     1    1",
    "out      1         1     0    0",
  ]);
});

Deno.test("consoleLogger() writes what is important enough to standard error, marked", async () => {
  const lines = await standardErrorOf(() => {
    for (const logger of [consoleLogger(), consoleLogger("error")]) {
      logger.debug("a");
      logger.info("b");
      logger.warn("c");
      logger.error("d");
    }
    return Promise.resolve();
  });
  assertEquals(lines, ["b", "warning: c", "error: d", "error: d"]);
});
