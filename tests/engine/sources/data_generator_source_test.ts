import { assert, assertEquals, assertNotEquals, assertRejects, assertThrows } from "@std/assert";
import { JobError } from "../../../src/engine/errors.ts";
import { SILENT } from "../../../src/engine/logger.ts";
import { NO_TIMESTAMP } from "../../../src/engine/record.ts";
import type { SourceReader, SourceSplit } from "../../../src/engine/source.ts";
import { type DataGeneratorOptions, DataGeneratorSource } from "../../../src/engine/sources/data_generator_source.ts";
import { WatermarkStrategy } from "../../../src/engine/time/watermark_strategy.ts";
import { SteppedJob } from "../stepped_job.ts";
import { ManualClock } from "../../../src/engine/testing/manual_clock.ts";
import { newSequence } from "../../engine/sequence.ts";

interface Opened<T> {
  readonly clock: ManualClock;
  readonly reader: SourceReader<T>;
  readonly split: SourceSplit<T>;
  wakes: number;
}

async function open<T>(
  options: DataGeneratorOptions<T>,
  { position, bounded = false }: { position?: number; bounded?: boolean } = {},
): Promise<Opened<T>> {
  const clock = new ManualClock(5_000);
  const opened = { clock, wakes: 0 } as {
    clock: ManualClock;
    reader: SourceReader<T>;
    split: SourceSplit<T>;
    wakes: number;
  };
  opened.reader = await new DataGeneratorSource(options).open({
    restored: position === undefined ? undefined : new Map([["generator", position]]),
    from: "latest",
    restoredBounds: undefined,
    bounded,
    logger: SILENT,
    clock,
    sequence: newSequence(),
    wake: () => void opened.wakes++,
  });
  opened.split = opened.reader.splits[0]!;
  return opened;
}

function takeAll<T>({ split }: Opened<T>, most = 1_000): T[] {
  const values: T[] = [];
  while (split.status === "ready" && values.length < most) values.push(split.take());
  return values;
}

/** Lets the clock's sleepers do what they woke up for. */
async function turn(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
}

const draws = (count: number) => (_: number, random: () => number) => Array.from({ length: count }, random);

// -------------------------------------------------------------------------------------------------------- what comes

Deno.test("DataGeneratorSource makes its records of their indexes, and is finished when the count is reached", async () => {
  const opened = await open({ generate: (index) => `r${index}`, count: 3 });
  opened.reader.start();
  const { split } = opened;
  assertEquals([split.status, split.position, split.lag, split.nextTimestampMs, split.bound], [
    "ready",
    0,
    3,
    NO_TIMESTAMP,
    undefined,
  ]);

  assertEquals(takeAll(opened), ["r0", "r1", "r2"]);
  assertEquals([split.status, split.position, split.lag], ["finished", 3, 0]);
});

Deno.test("DataGeneratorSource without a count goes on and on", async () => {
  const opened = await open({ generate: (index) => index });

  assertEquals(takeAll(opened, 500).at(-1), 499);
  assertEquals(opened.split.status, "ready");
});

Deno.test("DataGeneratorSource gives the event time of a record before it is taken", async () => {
  const { split } = await open({ generate: (index) => index, count: 3, timestamp: (index) => 100 * index });
  const seen: unknown[] = [];
  while (split.status === "ready") seen.push([split.nextTimestampMs, split.take()]);

  assertEquals(seen, [[0, 0], [100, 1], [200, 2]]);
});

Deno.test("DataGeneratorSource asks for no event time beyond its count, and takes nothing but numbers for one", async () => {
  const asked: number[] = [];
  takeAll(await open({ generate: (index) => index, count: 2, timestamp: (index) => asked.push(index) }));
  assertEquals(asked, [0, 1]);

  await assertRejects(
    () => open({ generate: (index) => index, timestamp: () => NaN }),
    TypeError,
    "NaN as a timestamp",
  );
});

Deno.test("a seed always gives the same records, another one others", async () => {
  const first = takeAll(await open({ generate: draws(3), count: 50, seed: 7 }));

  assertEquals(takeAll(await open({ generate: draws(3), count: 50, seed: 7 })), first);
  assertNotEquals(takeAll(await open({ generate: draws(3), count: 50, seed: 8 })), first);
  assertNotEquals(takeAll(await open({ generate: draws(3), count: 50, seed: 7 + 2 ** 32 })), first);
});

Deno.test("a restart gives the records that would have come, however many random numbers those before drew", async () => {
  const generate = (index: number, random: () => number) => Array.from({ length: index % 5 }, random);
  const whole = takeAll(await open({ generate, count: 40, seed: 3 }));
  for (const position of [1, 17, 39, 40]) {
    assertEquals(takeAll(await open({ generate, count: 40, seed: 3 }, { position })), whole.slice(position));
  }
});

Deno.test("random gives numbers in [0, 1), spread evenly, different from draw to draw, from record to record, and for big indexes", async () => {
  const values = takeAll(await open({ generate: draws(4), count: 1_000, seed: 1 })).flat();
  assert(values.every((value) => value >= 0 && value < 1));
  assertEquals(new Set(values).size, values.length);
  const tenths = Array.from({ length: 10 }, (_, tenth) => values.filter((value) => Math.floor(value * 10) === tenth));
  for (const { length } of tenths) assert(length > 320 && length < 480, `${length} of 4,000 in a tenth`);
  // First draws of neighbouring records: of 999 pairs half rise, if they have nothing to do with one another.
  const firsts = values.filter((_, index) => index % 4 === 0);
  const rises = firsts.filter((value, index) => index > 0 && value > firsts[index - 1]!).length;
  assert(rises > 440 && rises < 560, `${rises} of 999 rise`);

  const far = await open({ generate: draws(1), seed: 1 }, { position: 2 ** 40 });
  assertNotEquals(takeAll(far, 3), takeAll(await open({ generate: draws(1), seed: 1 }), 3));
});

// ----------------------------------------------------------------------------------------------------------- how fast

Deno.test("ratePerSecond: the first record comes at once, the others as the clock moves, and the job is woken for each", async () => {
  const opened = await open({ generate: (index) => index, ratePerSecond: 4 });
  const { clock, reader, split } = opened;
  assertEquals(split.status, "caughtUp"); // not started
  reader.start();
  assertEquals([takeAll(opened), split.status, split.lag, clock.sleeps], [[0], "caughtUp", 0, [250]]);
  clock.advance(249);
  await turn();
  reader.poll(0);
  assertEquals([takeAll(opened), opened.wakes], [[], 0]);
  clock.advance(1);
  await turn();
  assertEquals([takeAll(opened), opened.wakes], [[], 1]); // it looks when it is asked
  reader.poll(0);
  assertEquals([split.lag, takeAll(opened)], [1, [1]]);
  clock.advance(500);
  await turn();
  reader.poll(0);

  assertEquals([takeAll(opened), opened.wakes, clock.sleeps, clock.nextDueMs], [[2, 3], 2, [250, 250, 250], 6_000]);
  await reader.close();
});

Deno.test("ratePerSecond gives as many records in a second as it says, also where they do not fall on whole milliseconds", async () => {
  for (const ratePerSecond of [0.5, 3, 7, 1_000, 2_500]) {
    const opened = await open({ generate: (index) => index, ratePerSecond });
    opened.reader.start();
    const { clock, reader } = opened;
    let taken = takeAll(opened, Infinity).length;
    for (let ms = 0; ms < 4_000; ms++) {
      clock.advance(1);
      await Promise.resolve();
      reader.poll(0);
      taken += takeAll(opened, Infinity).length;
    }
    assertEquals(taken, 4 * ratePerSecond + 1, `${ratePerSecond} per second`);
    await reader.close();
  }
});

Deno.test("ratePerSecond: after a pause the records of one second come at once, not those of all of it", async () => {
  const opened = await open({ generate: (index) => index, ratePerSecond: 10 });
  const { clock, reader } = opened;
  reader.start();
  takeAll(opened);
  clock.advance(60_000);
  await turn();
  reader.poll(0);
  assertEquals(takeAll(opened).length, 11);
  clock.advance(100);
  await turn();
  reader.poll(0);

  assertEquals(takeAll(opened).length, 1);
  await reader.close();
});

Deno.test("ratePerSecond begins anew when a job goes on, and sleeps no more when the last record is due", async () => {
  const opened = await open({ generate: (index) => index, ratePerSecond: 10, count: 102 }, { position: 100 });
  const { clock, reader, split } = opened;
  reader.start();
  assertEquals([takeAll(opened), split.lag], [[100], 1]);
  clock.advance(500);
  await turn();
  reader.poll(0);

  assertEquals([takeAll(opened), split.status, clock.nextDueMs], [[101], "finished", Infinity]);
  await reader.close();
});

Deno.test("close() ends the sleep, and nobody is woken any more", async () => {
  const opened = await open({ generate: (index) => index, ratePerSecond: 1 });
  opened.reader.start();
  await opened.reader.close();
  await turn();

  assertEquals([opened.clock.nextDueMs, opened.wakes], [Infinity, 0]);
});

// -------------------------------------------------------------------------------------------------------- in a job

Deno.test("DataGeneratorSource ends a bounded run at its count, and refuses one without", async () => {
  const bounded = await open({ generate: (index) => index, count: 2 }, { bounded: true });
  assertEquals(takeAll(bounded), [0, 1]);

  const error = await assertRejects(
    () => open({ generate: (index) => index }, { bounded: true }),
    JobError,
  ) as JobError;
  assertEquals(
    error.message,
    "Cannot run a data generator without an end up to its end; give it a count, or leave out bounded",
  );
});

Deno.test("a job over a generator writes each record once, also when a commit failed", async () => {
  const job = new SteppedJob((env, { store }) => {
    const source = new DataGeneratorSource({ generate: (index, random) => [index, random()], count: 5_000, seed: 5 });
    env.fromSource(source, WatermarkStrategy.noWatermarks<number[]>(), "numbers").sinkTo(store.sink("out"));
  });
  job.store.beforeCommit = (number) => {
    if (number === 2) throw new Error("The disk is full");
  };
  await assertRejects(() => job.execute(), Error, "The disk is full");
  await job.execute();

  const whole = takeAll(
    await open({ generate: (index, random) => [index, random()], count: 5_000, seed: 5 }),
    Infinity,
  );
  assertEquals(job.store.values, whole);
});

Deno.test("DataGeneratorSource refuses options that are not of their kind", () => {
  const generate = (index: number) => index;
  const cases: [options: Partial<DataGeneratorOptions<number>>, says: string][] = [
    [{ count: -1 }, "Cannot create a data generator as count must be a whole number >= 0: current value is -1"],
    [{ count: 1.5 }, "count must be a whole number >= 0: current value is 1.5"],
    [{ ratePerSecond: 0 }, "ratePerSecond must be > 0: current value is 0"],
    [{ ratePerSecond: NaN }, "ratePerSecond must be > 0: current value is NaN"],
    [{ seed: 0.1 }, "seed must be a safe integer: current value is 0.1"],
  ];
  for (const [options, says] of cases) {
    assertThrows(() => new DataGeneratorSource({ generate, ...options }), RangeError, says);
  }
  assertThrows(
    () => new DataGeneratorSource({ generate: 5 as never }),
    TypeError,
    "Cannot create a data generator as generate must be a function: current value is 5",
  );
});

Deno.test("description says how many records there will be", () => {
  assertEquals(new DataGeneratorSource({ generate: () => 0, count: 7 }).description, "a generator of 7 records");
  assertEquals(new DataGeneratorSource({ generate: () => 0 }).description, "a generator of endless records");
});
