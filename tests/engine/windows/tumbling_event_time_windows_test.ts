import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { TumblingEventTimeWindows, windowStart } from "../../../src/engine/windows/tumbling_event_time_windows.ts";

function windowOf(assigner: TumblingEventTimeWindows, timestampMs: number): [number, number] {
  const [window, ...others] = assigner.assignWindows(undefined, timestampMs);
  assertEquals(others, []);
  return [window!.startMs, window!.endMs];
}

Deno.test("windowStart() is the start of the window that holds the time, its first millisecond included", () => {
  assertEquals([0, 1, 59_999, 60_000, 61_500].map((ms) => windowStart(ms, 60_000)), [0, 0, 0, 60_000, 60_000]);
});

Deno.test("windowStart() goes down, not towards zero, for a time before 1970", () => {
  assertEquals([-1, -60_000, -60_001].map((ms) => windowStart(ms, 60_000)), [-60_000, -60_000, -120_000]);
});

// The cases of Flink's TimeWindowTest.testGetWindowStartWithOffset(), windows of 7 ms.
Deno.test("windowStart() gives what Flink's TimeWindow.getWindowStartWithOffset() gives", () => {
  const starts = (offsetMs: number, timesMs: readonly number[]) => timesMs.map((ms) => windowStart(ms, 7, offsetMs));

  assertEquals(starts(0, [1, 6, 7, 8]), [0, 0, 7, 7]);
  assertEquals(starts(3, [1, 2, 3, 9, 10]), [-4, -4, 3, 3, 10]);
  assertEquals(starts(-2, [1, -2, 3, 4, 7, 12]), [-2, -2, -2, -2, 5, 12]);
});

// Also from Flink's test: midnight in UTC+8.
Deno.test("windowStart() gives days of another zone with an offset", () => {
  const dayMs = 86_400_000;
  assertEquals(windowStart(1_470_902_048_450, dayMs, -8 * 3_600_000), 1_470_844_800_000);
});

Deno.test("assignWindows() puts a record into the one window of its time", () => {
  const assigner = TumblingEventTimeWindows.of(5_000);

  // From Flink's TumblingEventTimeWindowsTest.
  assertEquals([0, 4_999, 5_000].map((ms) => windowOf(assigner, ms)), [[0, 5_000], [0, 5_000], [5_000, 10_000]]);
});

Deno.test("assignWindows() moves the windows by the offset, to either side", () => {
  // From Flink's TumblingEventTimeWindowsTest.
  const later = TumblingEventTimeWindows.of(5_000, 100);
  assertEquals([100, 5_099, 5_100].map((ms) => windowOf(later, ms)), [[100, 5_100], [100, 5_100], [5_100, 10_100]]);
  const earlier = TumblingEventTimeWindows.of(5_000, -100);
  assertEquals([0, 4_899, 4_900].map((ms) => windowOf(earlier, ms)), [[-100, 4_900], [-100, 4_900], [4_900, 9_900]]);
});

Deno.test("assignWindows() gives windows before 1970", () => {
  const assigner = TumblingEventTimeWindows.of(10);
  assertEquals([-1, -10, -11].map((ms) => windowOf(assigner, ms)), [[-10, 0], [-10, 0], [-20, -10]]);
});

Deno.test("assignWindows() gives the right window when times jump back and forth", () => {
  const assigner = TumblingEventTimeWindows.of(10);
  const starts = [5, 25, 6, -5, 9, 10].map((ms) => windowOf(assigner, ms)[0]);
  assertEquals(starts, [0, 20, 0, -10, 0, 10]);
});

Deno.test("assignWindows() makes no new window for a record beside the last one", () => {
  const assigner = TumblingEventTimeWindows.of(10);
  assertStrictEquals(assigner.assignWindows(undefined, 5), assigner.assignWindows(undefined, 9));
});

Deno.test("of() refuses a size that is not a whole number > 0, naming it", () => {
  for (const sizeMs of [0, -5, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    assertThrows(
      () => TumblingEventTimeWindows.of(sizeMs),
      RangeError,
      `Cannot create a tumbling window as sizeMs must be a whole number > 0: current value is ${sizeMs}`,
    );
  }
});

Deno.test("of() refuses an offset as long as the window or not whole, naming both", () => {
  for (const offsetMs of [10, -10, 2.5, Number.NaN]) {
    assertThrows(
      () => TumblingEventTimeWindows.of(10, offsetMs),
      RangeError,
      `current values are ${offsetMs} and 10`,
    );
  }
});

Deno.test("description names size and offset: other windows cannot read the state", () => {
  assertEquals(TumblingEventTimeWindows.of(60_000).description, "TumblingEventTimeWindows(60000 ms)");
  assertEquals(TumblingEventTimeWindows.of(60_000, -5).description, "TumblingEventTimeWindows(60000 ms, offset -5 ms)");
});
