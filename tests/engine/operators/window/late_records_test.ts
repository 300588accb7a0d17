import { assertEquals } from "@std/assert";
import {
  type Collector,
  ProcessWindowFunction,
  type WindowContext,
} from "../../../../src/engine/functions/functions.ts";
import { ReduceFold } from "../../../../src/engine/operators/window/folds.ts";
import { SimpleWindowOperator, type SimpleWindows } from "../../../../src/engine/operators/window/simple_window.ts";
import { WindowOperator } from "../../../../src/engine/operators/window/window.ts";
import { OutputTag } from "../../../../src/engine/side_output.ts";
import { ValueStateDescriptor } from "../../../../src/engine/state/state.ts";
import { PurgingTrigger } from "../../../../src/engine/windows/purging_trigger.ts";
import { SlidingEventTimeWindows } from "../../../../src/engine/windows/sliding_event_time_windows.ts";
import { EventTimeTrigger } from "../../../../src/engine/windows/time_triggers.ts";
import { TumblingEventTimeWindows } from "../../../../src/engine/windows/tumbling_event_time_windows.ts";
import type { TimeWindow } from "../../../../src/engine/windows/window.ts";
import { OperatorHarness } from "../../../../src/engine/testing/operator_harness.ts";
import { results, wordsRig } from "./window_rig.ts";

// What real Flink does with late records.

const tumbling = TumblingEventTimeWindows.of(10);
const LATE = new OutputTag<unknown>("late");

Deno.test("A window is late when its last millisecond and the lateness allowed have passed", () => {
  const rig = wordsRig({ assigner: tumbling, allowedLatenessMs: 5 });
  rig.record("a1", 1).watermark(13).record("a2", 2);
  assertEquals(results(rig.take()), [["a1", 9], ["a1 a2", 9]]);

  rig.watermark(14).record("a3", 3);
  assertEquals([results(rig.take()), rig.lateRecords], [[], 1]);
});

Deno.test("A record whose time is far behind is not late while one of its windows is open", () => {
  const rig = wordsRig({ assigner: SlidingEventTimeWindows.of(100, 50) });
  rig.watermark(98).record("a1", 1);

  // [0, 100) is open, [-50, 50) is not.
  assertEquals(results(rig.watermark(200).take()), [["a1", 99]]);
  assertEquals(rig.lateRecords, 0);
});

Deno.test("A record is late when all its windows are, and its dead letter names them and the lateness", () => {
  const rig = wordsRig({ assigner: SlidingEventTimeWindows.of(10, 5), allowedLatenessMs: 5 });
  rig.watermark(18).record("a1", 7);
  assertEquals([results(rig.take()), rig.deadLetters.length], [[["a1", 14]], 0]);

  rig.watermark(19).record("a2", 7);
  assertEquals([results(rig.take()), rig.lateRecords], [[], 1]);
  assertEquals(
    rig.deadLetters[0]!.message,
    "Record came too late for its window [1970-01-01T00:00:00.005Z, 1970-01-01T00:00:00.015Z), " +
      "[1970-01-01T00:00:00.000Z, 1970-01-01T00:00:00.010Z) and the 5 ms of lateness allowed: " +
      "event time is at 1970-01-01T00:00:00.019Z already",
  );
});

Deno.test("Every record in the lateness allowed fires its window again, with all its contents", () => {
  const rig = wordsRig({ assigner: tumbling, allowedLatenessMs: 100 });
  rig.record("a1", 1).watermark(9).record("a2", 2).record("b1", 3).record("a3", 4);

  assertEquals(results(rig.take()), [["a1", 9], ["a1 a2", 9], ["b1", 9], ["a1 a2 a3", 9]]);
});

Deno.test("Every record in the lateness allowed fires its window with the new ones only, when the trigger purges", () => {
  const trigger = PurgingTrigger.of(EventTimeTrigger.create());
  const rig = wordsRig({ assigner: tumbling, trigger, allowedLatenessMs: 100 });
  rig.record("a1", 1).record("a2", 1).watermark(9).record("a3", 2).record("a4", 4);

  assertEquals(results(rig.take()), [["a1 a2", 9], ["a3", 9], ["a4", 9]]);
});

Deno.test("A window whose first record comes in the lateness allowed fires at once, and not again with the watermark", () => {
  const rig = wordsRig({ assigner: tumbling, allowedLatenessMs: 100 });
  rig.watermark(50).record("a1", 1);
  assertEquals(results(rig.take()), [["a1", 9]]);

  assertEquals(results(rig.watermark(1_000).take()), []);
});

Deno.test("The end of lateness fires nothing, and leaves nothing", () => {
  const rig = wordsRig({ assigner: tumbling, allowedLatenessMs: 5 });
  rig.record("a1", 1).watermark(9).record("a2", 1);
  rig.commit();
  rig.take();

  assertEquals(rig.watermark(13).take(), [{ watermark: 13 }]);
  assertEquals(rig.commit(), []);
  assertEquals(rig.watermark(14).take(), [{ watermark: 14 }]);
  assertEquals(rig.commit().map(([, value]) => value), [null, null, null]);
  assertEquals([rig.timers().length, rig.deadLetters.length], [0, 0]);
});

Deno.test("allowedLateness(Infinity) keeps windows for ever", () => {
  const rig = wordsRig({ assigner: tumbling, allowedLatenessMs: Number.POSITIVE_INFINITY });
  rig.record("a1", 1).watermark(1e12).record("a2", 1);

  assertEquals(results(rig.take()), [["a1", 9], ["a1 a2", 9]]);
  assertEquals(rig.timers().length, 0);
});

Deno.test("Late firings run a running total again: it counts the early records of a window twice", () => {
  /** As lesson 20 does. */
  class RunningTotal extends ProcessWindowFunction<number, number, string> {
    readonly #total = new ValueStateDescriptor<number>("total");

    override process(_key: string, context: WindowContext, sums: Iterable<number>, out: Collector<number>): void {
      const state = context.globalState().getState(this.#total);
      for (const sum of sums) state.update((state.value() ?? 0) + sum);
      out.collect(state.value()!);
    }
  }
  const fold = new ReduceFold<number>((a, b) => a + b);
  const rig = new OperatorHarness(
    () => new WindowOperator({ assigner: tumbling, allowedLatenessMs: 100, fold, process: new RunningTotal() }),
    { keyBy: () => "a" },
  );
  rig.record(1, 1).record(2, 2).watermark(9).record(4, 3);

  // 3, then 3 + (3 + 4).
  assertEquals(results(rig.take()), [[3, 9], [10, 9]]);
});

Deno.test("Late records go to the side output, counted, at their own time", () => {
  for (const simple of [true, false]) {
    const description: SimpleWindows<string, string, string, string, string, TimeWindow> = {
      assigner: tumbling,
      lateTag: LATE,
      fold: new ReduceFold<string>((a, b) => `${a} ${b}`),
    };
    const rig = new OperatorHarness<string, string>(
      () => simple ? new SimpleWindowOperator(description) : new WindowOperator(description),
      { keyBy: (word) => word[0]! },
    );
    rig.record("a1", 1).watermark(9).record("a2", 2).record("a3", 12).watermark(19);

    assertEquals(results(rig.take()), [["a1", 9], ["a3", 19]]);
    assertEquals(results(rig.takeSide(LATE)), [["a2", 2]]);
    assertEquals([rig.lateRecords, rig.deadLetters], [1, []]);
  }
});

Deno.test("A record in a gap between windows, which vanishes in Flink, is counted and kept", () => {
  const gaps = SlidingEventTimeWindows.of(10, 100);
  const rig = wordsRig({ assigner: gaps });
  rig.record("a1", 9).record("a2", 10).record("a3", 99).record("a4", 100).watermark(1_000);

  assertEquals(results(rig.take()), [["a1", 9], ["a4", 109]]);
  assertEquals(rig.lateRecords, 2);
  assertEquals(
    rig.deadLetters.map(({ value, message }) => [value, message]),
    [
      ["a2", "Record falls into no window: its time is 1970-01-01T00:00:00.010Z"],
      ["a3", "Record falls into no window: its time is 1970-01-01T00:00:00.099Z"],
    ],
  );

  const tagged = wordsRig({ assigner: gaps, lateTag: LATE });
  tagged.record("a2", 10);
  assertEquals(results(tagged.takeSide(LATE)), [["a2", 10]]);
  assertEquals([tagged.lateRecords, tagged.deadLetters], [1, []]);
});
