import { assertEquals, assertThrows } from "@std/assert";
import { EventTimeSessionWindows, ProcessingTimeSessionWindows } from "../../../src/engine/windows/session_windows.ts";

const KINDS = [EventTimeSessionWindows, ProcessingTimeSessionWindows] as const;

Deno.test("A session of one record lasts for the gap, from its time or the clock's", () => {
  const clock = { currentProcessingTime: () => 700 };
  // From Flink's EventTimeSessionWindowsTest, with a gap of 5 s.
  const byEvent = EventTimeSessionWindows.withGap(5_000);
  assertEquals([0, 4_999].map((ms) => byEvent.assignWindows("any", ms)[0]!.id), ["0:5000", "4999:9999"]);
  const byClock = ProcessingTimeSessionWindows.withGap(5);
  assertEquals(byClock.assignWindows("any", 3, clock).map(({ id }) => id), ["700:705"]);
});

Deno.test("A dynamic gap is asked for each record", () => {
  const gapOf = ({ gapMs }: { gapMs: number }) => gapMs;
  const byEvent = EventTimeSessionWindows.withDynamicGap(gapOf);

  assertEquals([5, 7].map((gapMs) => byEvent.assignWindows({ gapMs }, 10)[0]!.id), ["10:15", "10:17"]);
  for (const gapMs of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    assertThrows(() => byEvent.assignWindows({ gapMs }, 10), RangeError, `current value is ${gapMs}`);
  }
});

Deno.test("withGap() refuses a gap that is not a whole number > 0, withDynamicGap() what is no function", () => {
  for (const kind of KINDS) {
    assertThrows(() => kind.withGap(0), RangeError, "gapMs must be a whole number > 0: current value is 0");
    assertThrows(
      () => kind.withDynamicGap(5 as never),
      TypeError,
      "it takes a function of the record, it was given number",
    );
  }
});

Deno.test("Sessions say what they are and by which time they go", () => {
  assertEquals(KINDS.map((kind) => kind.withGap(5).description), [
    "EventTimeSessionWindows(gap 5 ms)",
    "ProcessingTimeSessionWindows(gap 5 ms)",
  ]);
  assertEquals(KINDS.map((kind) => kind.withDynamicGap(() => 5).description), [
    "EventTimeSessionWindows(dynamic gap)",
    "ProcessingTimeSessionWindows(dynamic gap)",
  ]);
  assertEquals(KINDS.map((kind) => kind.withGap(5).isEventTime()), [true, false]);
  assertEquals(KINDS.map((kind) => kind.withGap(5).getDefaultTrigger().description), [
    "EventTimeTrigger()",
    "ProcessingTimeTrigger()",
  ]);
});
