import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  type StreamExecutionEnvironment,
  TumblingEventTimeWindows,
  WatermarkStrategy,
} from "../../../../src/engine/mod.ts";
import { TestSink, TestSource } from "../../../../src/engine/testing/mod.ts";
import { plainPicture } from "../../../../src/cli/learn/time/picture.ts";
import type { TimeRun } from "../../../../src/cli/learn/time/time_run.ts";
import { labelOf, WatchedHarness } from "../../../../src/cli/learn/time/watched_harness.ts";

function sums() {
  const numbers = new TestSource<number>("numbers", { partitions: 2 });
  const sink = new TestSink<number>("sums");
  const describe = (env: StreamExecutionEnvironment) => {
    env.fromSource(numbers, WatermarkStrategy.forMonotonousTimestamps(), "numbers").keyBy(() => "all")
      .window(TumblingEventTimeWindows.of(10)).reduce((a, b) => a + b).name("sums").sinkTo(sink);
  };
  return { numbers, sink, describe };
}

const kinds = ({ frames }: TimeRun) => frames.map(({ kind, watermarkMs }) => [kind, watermarkMs]);

Deno.test("WatchedHarness keeps a frame for each record, also of one batch", async () => {
  const { numbers, describe } = sums();
  await numbers.pushAll([[1, 1], [2, 12]], { partition: 0 });
  await numbers.pushAll([[3, 3]], { partition: 1 });
  await using harness = await new WatchedHarness(describe).start();
  assertEquals(
    harness.timeRun.frames.map(({ kind, record, watermarkMs, partitions }) => [
      kind,
      record?.label,
      record?.partition,
      watermarkMs,
      partitions.map((partition) => partition.watermarkMs),
    ]),
    [
      ["start", undefined, undefined, -Infinity, [-Infinity, -Infinity]],
      ["record", "1", 0, -Infinity, [0, -Infinity]],
      ["record", "3", 1, 0, [0, 2]],
      ["record", "2", 0, 2, [11, 2]],
    ],
  );
});

Deno.test("WatchedHarness keeps windows: what went in, what fired, what was late", async () => {
  const { numbers, describe } = sums();
  await using harness = await new WatchedHarness(describe).start();
  await numbers.push(1, 5);
  await numbers.push(1, 20, { partition: 1 });
  await numbers.push(4, 20);
  await numbers.push(1, 6);
  const [, first, , third, fourth] = harness.timeRun.frames;
  assertEquals(first!.put, [{ key: "all", startMs: 0, lastMs: 9, contents: 1 }]);
  assertEquals([third!.put[0]!.startMs, third!.fired], [20, [{ key: "all", startMs: 0, lastMs: 9, contents: 1 }]]);
  assertEquals([fourth!.late?.to, fourth!.put, fourth!.fired], ["dead letters", [], []]);
});

Deno.test("WatchedHarness tells apart what moved event time without a record", async () => {
  const { numbers, describe } = sums();
  await using harness = await new WatchedHarness(describe, { idleMs: 1_000 }).start();
  await numbers.push(1, 5);
  await harness.advanceClock(2_000);
  await numbers.watermark(30);
  await harness.commit();
  await harness.restart();
  await harness.finish();
  assertEquals(kinds(harness.timeRun), [
    ["start", -Infinity],
    ["record", -Infinity],
    ["clock", 4],
    ["hand", 30],
    ["crash", 30],
    ["end", Infinity],
  ]);
});

Deno.test("WatchedHarness keeps why a record became a dead letter", async () => {
  const numbers = new TestSource<number>("numbers");
  const sink = new TestSink<number>("sink");
  await using harness = await new WatchedHarness((env) => {
    env.fromSource(numbers, WatermarkStrategy.forMonotonousTimestamps(), "numbers").map((n) => {
      if (n < 0) throw new Error("below 0");
      return n;
    }).sinkTo(sink);
  }).start();
  await numbers.push(-1, 5);
  await numbers.pushUndecodable("no JSON", 6);
  assertEquals(harness.timeRun.frames.slice(1).map(({ dead, record }) => [record?.label, dead]), [
    ["-1", "below 0"],
    ["?", "no JSON"],
  ]);
  assertStringIncludes(plainPicture(harness.timeRun, { title: "errors" }).join("\n"), "! error");
});

Deno.test("labelOf() takes a text that is no time", () => {
  assertEquals(["a", 1, { at: "2026-03-01T12:00:00Z", who: "anna", x: "y" }, [1], { n: 2 }].map(labelOf), [
    "a",
    "1",
    "anna",
    "[1]",
    '{"n":2}',
  ]);
});
