import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { SYSTEM_CLOCK } from "../../../src/engine/clock.ts";
import { JobError } from "../../../src/engine/errors.ts";
import { SILENT } from "../../../src/engine/logger.ts";
import { NO_TIMESTAMP } from "../../../src/engine/record.ts";
import type { Json, SourceSplit } from "../../../src/engine/source.ts";
import { SequenceSource } from "../../../src/engine/sources/sequence_source.ts";
import { WatermarkStrategy } from "../../../src/engine/time/watermark_strategy.ts";
import { SteppedJob } from "../stepped_job.ts";
import { newSequence } from "../../engine/sequence.ts";

async function openSplit(source: SequenceSource, position?: Json): Promise<SourceSplit<number>> {
  const reader = await source.open({
    restored: position === undefined ? undefined : new Map([["sequence", position]]),
    from: "latest",
    restoredBounds: undefined,
    bounded: false,
    logger: SILENT,
    clock: SYSTEM_CLOCK,
    sequence: newSequence(),
    wake: () => {},
  });
  reader.start();
  assertEquals([reader.splits.length, reader.poll(0)], [1, undefined]);
  return reader.splits[0]!;
}

function takeAll(split: SourceSplit<number>): number[] {
  const values: number[] = [];
  while (split.status === "ready") values.push(split.take());
  return values;
}

Deno.test("SequenceSource gives its numbers in order, both ends included, without timestamps, and is finished then", async () => {
  const split = await openSplit(new SequenceSource(-1, 1));
  const seen: unknown[] = [];
  while (split.status === "ready") {
    seen.push([split.nextTimestampMs, split.position, split.lag, split.take()]);
  }

  assertEquals(seen, [[NO_TIMESTAMP, -1, 3, -1], [NO_TIMESTAMP, 0, 2, 0], [NO_TIMESTAMP, 1, 1, 1]]);
  assertEquals([split.status, split.position, split.lag], ["finished", 2, 0]);
});

Deno.test("SequenceSource goes on at a committed position, also when its end has been moved on", async () => {
  assertEquals(takeAll(await openSplit(new SequenceSource(1, 5), 4)), [4, 5]);
  assertEquals(takeAll(await openSplit(new SequenceSource(1, 5), 6)), []);
  assertEquals(takeAll(await openSplit(new SequenceSource(1, 7), 6)), [6, 7]);
});

Deno.test("open() refuses a position that is not in the sequence, and names --reset", async () => {
  for (const position of [0, 7, "b"]) {
    const error = await assertRejects(() => openSplit(new SequenceSource(1, 5), position), JobError) as JobError;
    assertEquals(
      error.message,
      `Cannot go on with the numbers 1 to 5 at ${Number(position)}: the job was once described with other numbers; ` +
        "describe it as it was, or forget the job's commit with --reset",
    );
  }
});

Deno.test("SequenceSource costs no memory for a big range, and reaches the last safe integer", async () => {
  const most = Number.MAX_SAFE_INTEGER;
  const split = await openSplit(new SequenceSource(-most, most), most - 1);

  assertEquals(takeAll(split), [most - 1, most]);
  assertEquals([split.status, split.position], ["finished", most + 1]);
});

Deno.test("SequenceSource refuses what is no range of whole numbers", () => {
  assertThrows(
    () => new SequenceSource(5, 1),
    RangeError,
    "Cannot create a sequence as from must be <= to: current values are 5 and 1",
  );
  assertThrows(
    () => new SequenceSource(0.5, 1),
    RangeError,
    "Cannot create a sequence as from must be a safe integer: current value is 0.5",
  );
  assertThrows(
    () => new SequenceSource(0, Infinity),
    RangeError,
    "Cannot create a sequence as to must be a safe integer: current value is Infinity",
  );
});

Deno.test("SequenceSource ends a job by itself, and the next run of the job goes on behind it", async () => {
  let to = 3;
  const job = new SteppedJob((env, { store }) => {
    env.fromSource(new SequenceSource(1, to), WatermarkStrategy.noWatermarks<number>(), "numbers").sinkTo(
      store.sink("out"),
    );
  });
  assertEquals((await job.execute()).end, "finished");
  assertEquals(job.store.values, [1, 2, 3]);
  to = 5;
  await job.execute();

  assertEquals(job.store.values, [1, 2, 3, 4, 5]);
});
