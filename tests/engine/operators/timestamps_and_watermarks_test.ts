import { assertEquals, assertThrows } from "@std/assert";
import { OperatorError } from "../../../src/engine/errors.ts";
import { TimestampsAndWatermarksOperator } from "../../../src/engine/operators/timestamps_and_watermarks.ts";
import { MAX_WATERMARK } from "../../../src/engine/record.ts";
import { WatermarkStrategy } from "../../../src/engine/time/watermark_strategy.ts";
import { OperatorBench } from "../operator_bench.ts";

interface Event {
  readonly atMs: number;
}

const at = (atMs: number): Event => ({ atMs });

function newBench(strategy: WatermarkStrategy<Event>) {
  return new OperatorBench(() => new TimestampsAndWatermarksOperator(strategy), { name: "times" });
}

const MONOTONOUS = WatermarkStrategy.forMonotonousTimestamps<Event>().withTimestampAssigner(({ atMs }) => atMs);

Deno.test("TimestampsAndWatermarksOperator gives records the assigner's time, and after each the watermark", () => {
  const bench = newBench(MONOTONOUS);
  bench.record(at(100), 7).record(at(90), 8).record(at(200), 9);

  assertEquals(bench.take(), [[at(100), 100], { watermark: 99 }, [at(90), 90], [at(200), 200], { watermark: 199 }]);
});

Deno.test("TimestampsAndWatermarksOperator hands the time of before to the assigner", () => {
  const strategy = WatermarkStrategy.noWatermarks<Event>().withTimestampAssigner((_event, beforeMs) => beforeMs + 1);
  const bench = newBench(strategy);
  bench.record(at(0), 41);

  assertEquals(bench.take(), [[at(0), 42]]);
});

Deno.test("TimestampsAndWatermarksOperator keeps a record's time when there is no assigner", () => {
  const bench = newBench(WatermarkStrategy.forBoundedOutOfOrderness<Event>(10));
  bench.record(at(0), 100);

  assertEquals(bench.take(), [[at(0), 100], { watermark: 89 }]);
});

// Seen in Flink: upstream watermarks are ignored except MAX.
Deno.test("TimestampsAndWatermarksOperator lets no watermark from above pass but the last", () => {
  const bench = newBench(MONOTONOUS);
  bench.watermark(500).record(at(100)).watermark(600).watermark(MAX_WATERMARK);

  assertEquals(bench.take(), [[at(100), 100], { watermark: 99 }, { watermark: MAX_WATERMARK }]);
});

Deno.test("TimestampsAndWatermarksOperator gives no watermark with noWatermarks() but the last", () => {
  const bench = newBench(WatermarkStrategy.noWatermarks<Event>().withTimestampAssigner(({ atMs }) => atMs));
  bench.watermark(5).record(at(100)).watermark(MAX_WATERMARK);

  assertEquals(bench.take(), [[at(100), 100], { watermark: MAX_WATERMARK }]);
});

Deno.test("TimestampsAndWatermarksOperator does not fall behind the last commit", () => {
  const strategy = MONOTONOUS;
  const bench = newBench(strategy);
  bench.record(at(100));
  assertEquals(bench.task.realWatermarkMs(MAX_WATERMARK), 99);
  const restarted = new OperatorBench(() => new TimestampsAndWatermarksOperator(strategy), { name: "times" }, {
    entries: new Map(),
    watermarkMs: 99,
    versions: {},
  });
  restarted.record(at(50)).record(at(150));

  assertEquals(restarted.take(), [[at(50), 50], [at(150), 150], { watermark: 149 }]);
});

// NaN is what Date.parse() makes of a bad date. In a timer queue it blocks all timers behind it.
for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY, undefined]) {
  Deno.test.ignore(`TimestampsAndWatermarksOperator refuses ${wrong} as a time, with the operator's name`, () => {
    const bench = newBench(MONOTONOUS);

    const error = assertThrows(() => bench.record(at(wrong as number)), OperatorError);
    assertEquals(
      (error as OperatorError).message,
      `Operator "times" failed: TypeError: Cannot use ${wrong} as a timestamp: the timestamp assigner must return ms since the Unix epoch`,
    );
  });
}
