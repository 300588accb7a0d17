import { assertEquals, assertThrows } from "@std/assert";
import { OperatorError } from "../../../src/engine/errors.ts";
import { TimestampsAndWatermarksOperator } from "../../../src/engine/operators/timestamps_and_watermarks.ts";
import { MAX_WATERMARK } from "../../../src/engine/record.ts";
import { WatermarkStrategy } from "../../../src/engine/time/watermark_strategy.ts";
import { OperatorHarness } from "../../../src/engine/testing/operator_harness.ts";

interface Event {
  readonly atMs: number;
}

const at = (atMs: number): Event => ({ atMs });

function newRig(strategy: WatermarkStrategy<Event>) {
  return new OperatorHarness(() => new TimestampsAndWatermarksOperator(strategy), { name: "times" });
}

const MONOTONOUS = WatermarkStrategy.forMonotonousTimestamps<Event>().withTimestampAssigner(({ atMs }) => atMs);

Deno.test("TimestampsAndWatermarksOperator gives records the assigner's time, and after each the watermark", () => {
  const rig = newRig(MONOTONOUS);
  rig.record(at(100), 7).record(at(90), 8).record(at(200), 9);

  assertEquals(rig.take(), [[at(100), 100], { watermark: 99 }, [at(90), 90], [at(200), 200], { watermark: 199 }]);
});

Deno.test("TimestampsAndWatermarksOperator hands the time of before to the assigner", () => {
  const strategy = WatermarkStrategy.noWatermarks<Event>().withTimestampAssigner((_event, beforeMs) => beforeMs + 1);
  const rig = newRig(strategy);
  rig.record(at(0), 41);

  assertEquals(rig.take(), [[at(0), 42]]);
});

Deno.test("TimestampsAndWatermarksOperator keeps a record's time when there is no assigner", () => {
  const rig = newRig(WatermarkStrategy.forBoundedOutOfOrderness<Event>(10));
  rig.record(at(0), 100);

  assertEquals(rig.take(), [[at(0), 100], { watermark: 89 }]);
});

// Seen in Flink: upstream watermarks are ignored except MAX.
Deno.test("TimestampsAndWatermarksOperator lets no watermark from above pass but the last", () => {
  const rig = newRig(MONOTONOUS);
  rig.watermark(500).record(at(100)).watermark(600).watermark(MAX_WATERMARK);

  assertEquals(rig.take(), [[at(100), 100], { watermark: 99 }, { watermark: MAX_WATERMARK }]);
});

// Not as in Flink, where each such operator needs a withIdleness() of its own: nothing can come but from above.
Deno.test("TimestampsAndWatermarksOperator is idle while what lies above is", () => {
  const rig = newRig(MONOTONOUS);
  rig.record(at(100)).idle().idle(false).record(at(300));

  assertEquals(rig.take(), [[at(100), 100], { watermark: 99 }, "idle", "active", [at(300), 300], { watermark: 299 }]);
});

Deno.test("TimestampsAndWatermarksOperator gives no watermark with noWatermarks() but the last", () => {
  const rig = newRig(WatermarkStrategy.noWatermarks<Event>().withTimestampAssigner(({ atMs }) => atMs));
  rig.watermark(5).record(at(100)).watermark(MAX_WATERMARK);

  assertEquals(rig.take(), [[at(100), 100], { watermark: MAX_WATERMARK }]);
});

Deno.test("TimestampsAndWatermarksOperator does not fall behind the last commit", () => {
  const rig = newRig(MONOTONOUS);
  rig.record(at(100)).commit();
  const restarted = rig.restart();
  restarted.record(at(50)).record(at(150));

  assertEquals(restarted.take(), [[at(50), 50], [at(150), 150], { watermark: 149 }]);
});

// NaN is what Date.parse() makes of a bad date. In a timer queue it blocks all timers behind it.
for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY, undefined]) {
  Deno.test(`TimestampsAndWatermarksOperator refuses ${wrong} as a time, with the operator's name`, () => {
    const rig = newRig(MONOTONOUS);

    const error = assertThrows(() => rig.record(at(wrong as number)), OperatorError);
    assertEquals(
      (error as OperatorError).message,
      `Operator "times" failed: TypeError: Cannot use ${wrong} as a timestamp: the timestamp assigner must return ms since the Unix epoch`,
    );
  });
}
