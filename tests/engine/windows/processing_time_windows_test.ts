import { assertEquals, assertThrows } from "@std/assert";
import {
  SlidingProcessingTimeWindows,
  TumblingProcessingTimeWindows,
} from "../../../src/engine/windows/processing_time_windows.ts";

const at = (nowMs: number) => ({ currentProcessingTime: () => nowMs });

// From Flink's TumblingProcessingTimeWindowsTest.
Deno.test("TumblingProcessingTimeWindows puts a record into the window of the clock, whatever its own time", () => {
  const assigner = TumblingProcessingTimeWindows.of(5_000, 100);
  const windows = [100, 5_099, 5_100].map((nowMs) => assigner.assignWindows("any", 777_777, at(nowMs)));

  assertEquals(windows.map((windows) => windows.map(({ id }) => id)), [["100:5100"], ["100:5100"], ["5100:10100"]]);
});

// From Flink's SlidingProcessingTimeWindowsTest.
Deno.test("SlidingProcessingTimeWindows puts a record into the windows of the clock", () => {
  const assigner = SlidingProcessingTimeWindows.of(5_000, 1_000, -100);
  const windows = assigner.assignWindows("any", 777_777, at(4_899));

  assertEquals(windows.map(({ id }) => id), ["3900:8900", "2900:7900", "1900:6900", "900:5900", "-100:4900"]);
});

Deno.test("Windows by the clock go by it, and say so", () => {
  const assigners = [TumblingProcessingTimeWindows.of(10, 3), SlidingProcessingTimeWindows.of(10, 5)];

  assertEquals(assigners.map((assigner) => assigner.isEventTime()), [false, false]);
  assertEquals(assigners.map((assigner) => assigner.getDefaultTrigger().description), [
    "ProcessingTimeTrigger()",
    "ProcessingTimeTrigger()",
  ]);
  assertEquals(assigners.map(({ description }) => description), [
    "TumblingProcessingTimeWindows(10 ms, offset 3 ms)",
    "SlidingProcessingTimeWindows(10 ms every 5 ms)",
  ]);
});

Deno.test("of() refuses invalid lengths and offsets", () => {
  assertThrows(() => TumblingProcessingTimeWindows.of(0), RangeError, "sizeMs must be a whole number > 0");
  assertThrows(() => TumblingProcessingTimeWindows.of(10, 10), RangeError, "current values are 10 and 10");
  assertThrows(() => SlidingProcessingTimeWindows.of(10, 0), RangeError, "slideMs must be a whole number > 0");
  assertThrows(() => SlidingProcessingTimeWindows.of(10, 5, 5), RangeError, "current values are 5 and 5");
});
