import { SYSTEM_CLOCK } from "../../../src/engine/clock.ts";
import { assertEquals } from "@std/assert";
import { SILENT } from "../../../src/engine/logger.ts";
import { NO_TIMESTAMP } from "../../../src/engine/record.ts";
import type { Json, SourceSplit } from "../../../src/engine/source.ts";
import { CollectionSource } from "../../../src/engine/sources/collection_source.ts";
import { newSequence } from "../../engine/sequence.ts";

async function openSplit<T>(source: CollectionSource<T>, position?: Json): Promise<SourceSplit<T>> {
  const reader = await source.open({
    restored: position === undefined ? undefined : new Map([["collection", position]]),
    from: "latest",
    restoredBounds: undefined,
    bounded: false,
    logger: SILENT,
    clock: SYSTEM_CLOCK,
    sequence: newSequence(),
    wake: () => {},
  });
  assertEquals([reader.splits.length, reader.poll(0)], [1, undefined]);
  reader.start();
  return reader.splits[0]!;
}

Deno.test("CollectionSource gives its values in order, without timestamps, and is finished then", async () => {
  const split = await openSplit(new CollectionSource(["a", "b"]));
  const seen: unknown[] = [];
  while (split.status === "ready") {
    seen.push([split.nextTimestampMs, split.position, split.lag, split.take()]);
  }

  assertEquals(seen, [[NO_TIMESTAMP, 0, 2, "a"], [NO_TIMESTAMP, 1, 1, "b"]]);
  assertEquals([split.status, split.position, split.lag, split.bound, split.origin()], [
    "finished",
    2,
    0,
    undefined,
    undefined,
  ]);
});

Deno.test("CollectionSource goes on at a committed position", async () => {
  const split = await openSplit(new CollectionSource(["a", "b", "c"]), 2);

  assertEquals([split.take(), split.status], ["c", "finished"]);
});

Deno.test("CollectionSource is finished when it is empty, or read to its end before", async () => {
  assertEquals((await openSplit(new CollectionSource([]))).status, "finished");
  assertEquals((await openSplit(new CollectionSource(["a"]), 1)).status, "finished");
});

Deno.test("description says how many values there are", () => {
  assertEquals(new CollectionSource([1, 2, 3]).description, "a collection of 3");
});
