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
import { outRuleOf } from "../../../src/engine/runtime/book_rules.ts";
import { Counts } from "../../../src/engine/runtime/counts.ts";
import type { FanOut } from "../../../src/engine/runtime/edge.ts";
import type { Output, StreamRecord } from "../../../src/engine/record.ts";
import { Journal } from "../../../src/engine/state/journal.ts";
import { WatermarkStrategy } from "../../../src/engine/time/watermark_strategy.ts";
import { TumblingEventTimeWindows } from "../../../src/engine/windows/tumbling_event_time_windows.ts";
import type { TimeWindow } from "../../../src/engine/windows/window.ts";
import { JobHarness } from "../../../src/engine/testing/job_harness.ts";

class Lossy implements Operator<number, number> {
  constructor(readonly fate: "filters twice" | "says late and emits" | "keeps it") {}

  processElement(_record: StreamRecord<number>, output: Output<number>): void {
    const { counts } = output as FanOut;
    if (this.fate === "filters twice") counts.filtered++;
    if (this.fate === "keeps it") counts.in++;
    if (this.fate === "says late and emits") counts.late++;
  }
}

Deno.test("a commit is refused if a record has vanished or was counted twice", async () => {
  for (const fate of ["filters twice", "says late and emits", "keeps it"] as const) {
    const job = new JobHarness((env, { store }) => {
      env.fromCollection([1]).transform("lossy", () => new Lossy(fate)).name("lossy").sinkTo(store.sink("out"));
    });
    await assertRejects(() => job.run(), Error, 'The books of "lossy" do not balance');
    assertEquals(job.store.commits.length, 1, "only the one before the first record");
  }
});

Deno.test("each operator that gives one record for each, or none, is held to it", () => {
  const failing = (operator: object, counts: Partial<Counts>) =>
    outRuleOf(operator).holds(Object.assign(new Counts(new Journal()), counts), operator);
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
