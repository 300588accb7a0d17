import { assertEquals, assertThrows } from "@std/assert";
import {
  ContinuousEventTimeTrigger,
  ContinuousProcessingTimeTrigger,
} from "../../../src/engine/windows/continuous_triggers.ts";
import { CountTrigger } from "../../../src/engine/windows/count_trigger.ts";
import { DeltaTrigger } from "../../../src/engine/windows/delta_trigger.ts";
import { CountEvictor, DeltaEvictor, TimeEvictor } from "../../../src/engine/windows/evictors.ts";
import { GlobalWindows } from "../../../src/engine/windows/global_windows.ts";
import { PurgingTrigger } from "../../../src/engine/windows/purging_trigger.ts";
import { EventTimeTrigger, ProcessingTimeTrigger } from "../../../src/engine/windows/time_triggers.ts";
import type { OnMergeContext } from "../../../src/engine/windows/trigger.ts";
import { TimeWindow } from "../../../src/engine/windows/window.ts";

// What they do is tested in the operator: tests/engine/operators/window_*_test.ts.

const delta = (a: number, b: number) => b - a;

Deno.test("Triggers and evictors say what the results depend on", () => {
  const all = [
    EventTimeTrigger.create(),
    ProcessingTimeTrigger.create(),
    CountTrigger.of(5),
    PurgingTrigger.of(CountTrigger.of(5)),
    ContinuousEventTimeTrigger.of(60),
    ContinuousProcessingTimeTrigger.of(60),
    DeltaTrigger.of(1.5, delta),
    GlobalWindows.create().getDefaultTrigger(),
    GlobalWindows.createWithEndOfStreamTrigger().getDefaultTrigger(),
    CountEvictor.of(3),
    CountEvictor.of(3, true),
    TimeEvictor.of(10, true),
    DeltaEvictor.of(2.5, delta),
  ];

  assertEquals(all.map(({ description }) => description), [
    "EventTimeTrigger()",
    "ProcessingTimeTrigger()",
    "CountTrigger(5)",
    "PurgingTrigger(CountTrigger(5))",
    "ContinuousEventTimeTrigger(60 ms)",
    "ContinuousProcessingTimeTrigger(60 ms)",
    "DeltaTrigger(1.5)",
    "NeverTrigger()",
    "EndOfStreamTrigger()",
    "CountEvictor(3)",
    "CountEvictor(3, after)",
    "TimeEvictor(10 ms, after)",
    "DeltaEvictor(2.5)",
  ]);
});

Deno.test("Global windows with different triggers of their own are different windows", () => {
  assertEquals(
    [GlobalWindows.create(), GlobalWindows.createWithEndOfStreamTrigger()].map(({ description }) => description),
    ["GlobalWindows()", "GlobalWindows(end of stream)"],
  );
});

Deno.test("Triggers that can work on windows that merge say so, and purging ones what theirs say", () => {
  const merging = [
    EventTimeTrigger.create(),
    ProcessingTimeTrigger.create(),
    CountTrigger.of(1),
    ContinuousEventTimeTrigger.of(1),
    ContinuousProcessingTimeTrigger.of(1),
    PurgingTrigger.of(CountTrigger.of(1)),
  ];
  const others = [DeltaTrigger.of(1, delta), PurgingTrigger.of(DeltaTrigger.of(1, delta))];

  assertEquals(merging.map((trigger) => trigger.canMerge()), merging.map(() => true));
  assertEquals(others.map((trigger) => trigger.canMerge()), [false, false]);
});

/** Writes down which timers a trigger registers. */
function noting(nowMs: number): { readonly context: OnMergeContext; readonly timers: string[] } {
  const timers: string[] = [];
  const context = {
    currentWatermark: () => nowMs,
    currentProcessingTime: () => nowMs,
    registerEventTimeTimer: (timeMs: number) => void timers.push(`event ${timeMs}`),
    registerProcessingTimeTimer: (timeMs: number) => void timers.push(`clock ${timeMs}`),
  };
  return { context: context as unknown as OnMergeContext, timers };
}

// A trigger of one's own may hand its onMerge() on to them, and no onElement() follows there.
Deno.test("onMerge() of the time triggers registers the end of the window, unless it has passed", () => {
  const [event, clock, passed] = [noting(18), noting(18), noting(19)];
  const window = new TimeWindow(0, 20);
  EventTimeTrigger.create().onMerge(window, event.context);
  ProcessingTimeTrigger.create().onMerge(window, clock.context);
  EventTimeTrigger.create().onMerge(window, passed.context);
  ProcessingTimeTrigger.create().onMerge(window, passed.context);

  assertEquals([event.timers, clock.timers, passed.timers], [["event 19"], ["clock 19"], []]);
});

Deno.test("of() refuses invalid counts, lengths and thresholds", () => {
  for (const value of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    const message = `must be a whole number > 0: current value is ${value}`;
    assertThrows(() => CountTrigger.of(value), RangeError, `Cannot create a count trigger as maxCount ${message}`);
    assertThrows(() => ContinuousEventTimeTrigger.of(value), RangeError, `intervalMs ${message}`);
    assertThrows(() => ContinuousProcessingTimeTrigger.of(value), RangeError, `intervalMs ${message}`);
    assertThrows(() => CountEvictor.of(value), RangeError, `maxCount ${message}`);
    assertThrows(() => TimeEvictor.of(value), RangeError, `windowSizeMs ${message}`);
  }
  for (const kind of [DeltaTrigger, DeltaEvictor]) {
    assertThrows(() => kind.of(Number.NaN, delta), TypeError, "threshold must be a number: current value is NaN");
    assertThrows(() => kind.of(1, undefined as never), TypeError, "without a function that says how far");
  }
});
