import { assertEquals, assertStrictEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { JobHarness, TestSink, TestSource, watermarksByHand } from "../../../src/engine/testing/mod.ts";
import { SlidingProcessingTimeWindows } from "../../../src/engine/windows/processing_time_windows.ts";
import { SlidingEventTimeWindows } from "../../../src/engine/windows/sliding_event_time_windows.ts";
import type { TimeWindow } from "../../../src/engine/windows/window.ts";
import type { WindowAssigner } from "../../../src/engine/windows/window_assigner.ts";

function windowsOf(assigner: SlidingEventTimeWindows, timestampMs: number): [number, number][] {
  return assigner.assignWindows(undefined, timestampMs).map(({ startMs, endMs }) => [startMs, endMs]);
}

// From Flink's SlidingEventTimeWindowsTest.
Deno.test("assignWindows() puts a record into size / slide windows, the latest first", () => {
  const assigner = SlidingEventTimeWindows.of(5_000, 1_000);

  const first = [[0, 5_000], [-1_000, 4_000], [-2_000, 3_000], [-3_000, 2_000], [-4_000, 1_000]] as [number, number][];
  assertEquals(windowsOf(assigner, 0), first);
  assertEquals(
    windowsOf(assigner, 4_999),
    [[4_000, 9_000], [3_000, 8_000], [2_000, 7_000], [1_000, 6_000], [0, 5_000]],
  );
  assertEquals(
    windowsOf(assigner, 5_000),
    [[5_000, 10_000], [4_000, 9_000], [3_000, 8_000], [2_000, 7_000], [1_000, 6_000]],
  );
});

// From Flink's SlidingEventTimeWindowsTest, with an offset.
Deno.test("assignWindows() moves the windows by the offset, to either side", () => {
  const later = SlidingEventTimeWindows.of(5_000, 1_000, 100);
  assertEquals(windowsOf(later, 100)[0], [100, 5_100]);
  assertEquals(windowsOf(later, 5_099).at(-1), [100, 5_100]);
  assertEquals(windowsOf(later, 5_100)[0], [5_100, 10_100]);
  const earlier = SlidingEventTimeWindows.of(5_000, 1_000, -100);
  assertEquals(windowsOf(earlier, 0)[0], [-100, 4_900]);
  assertEquals(windowsOf(earlier, 4_899).at(-1), [-100, 4_900]);
  assertEquals(windowsOf(earlier, 4_900)[0], [4_900, 9_900]);
});

Deno.test("assignWindows() gives windows before 1970", () => {
  const assigner = SlidingEventTimeWindows.of(10, 5);
  assertEquals([-1, -5, -6].map((ms) => windowsOf(assigner, ms)), [
    [[-5, 5], [-10, 0]],
    [[-5, 5], [-10, 0]],
    [[-10, 0], [-15, -5]],
  ]);
});

Deno.test("assignWindows() gives a record more windows or fewer when the slide does not divide the size", () => {
  const assigner = SlidingEventTimeWindows.of(10, 4);
  assertEquals([8, 9, 10, 11, 12].map((ms) => windowsOf(assigner, ms).map(([startMs]) => startMs)), [
    [8, 4, 0],
    [8, 4, 0],
    [8, 4],
    [8, 4],
    [12, 8, 4],
  ]);
});

Deno.test("assignWindows() gives none in a gap, where the slide is longer than the size", () => {
  const assigner = SlidingEventTimeWindows.of(10, 100);
  assertEquals([0, 9, 10, 99, 100, -1, -90].map((ms) => windowsOf(assigner, ms)), [
    [[0, 10]],
    [[0, 10]],
    [],
    [],
    [[100, 110]],
    [],
    [],
  ]);
});

Deno.test("assignWindows() gives the right windows when times jump back and forth, and none anew beside the last", () => {
  const assigner = SlidingEventTimeWindows.of(10, 4);
  const times = [9, 30, 10, 8, -3, 11, 12, 7];
  const afresh = times.map((ms) => windowsOf(SlidingEventTimeWindows.of(10, 4), ms));

  assertEquals(times.map((ms) => windowsOf(assigner, ms)), afresh);
  assertStrictEquals(assigner.assignWindows(undefined, 8), assigner.assignWindows(undefined, 9));
});

Deno.test("of() refuses a size or slide that is not a whole number > 0, and an offset as long as the slide", () => {
  for (
    const [sizeMs, slideMs, offsetMs, message] of [
      [0, 5, 0, "sizeMs must be a whole number > 0: current value is 0"],
      [5, -1, 0, "slideMs must be a whole number > 0: current value is -1"],
      [5, 1.5, 0, "slideMs must be a whole number > 0: current value is 1.5"],
      [5, 2, 2, "offsetMs must be a whole number between -slideMs and slideMs: current values are 2 and 2"],
      [5, 2, -2, "offsetMs must be a whole number between -slideMs and slideMs: current values are -2 and 2"],
    ] as const
  ) {
    assertThrows(() => SlidingEventTimeWindows.of(sizeMs, slideMs, offsetMs), RangeError, message);
  }
});

Deno.test("description names size, slide and offset", () => {
  assertEquals(SlidingEventTimeWindows.of(10, 5).description, "SlidingEventTimeWindows(10 ms every 5 ms)");
  assertEquals(
    SlidingEventTimeWindows.of(10, 5, -2).description,
    "SlidingEventTimeWindows(10 ms every 5 ms, offset -2 ms)",
  );
});

// A day that slides by the second took 555 MB for 20 records, without a word.
for (
  const [what, assigner] of [
    ["event time", SlidingEventTimeWindows.of(86_400_000, 1_000)],
    ["the clock", SlidingProcessingTimeWindows.of(86_400_000, 1_000)],
  ] as const
) {
  Deno.test(`a job says before its first record that each falls into very many windows by ${what}`, async () => {
    const warnings = async (windows: WindowAssigner<unknown, TimeWindow>) => {
      await using harness = await new JobHarness((env) => {
        env.fromSource(new TestSource<number>("numbers"), watermarksByHand(), "numbers").keyBy((n) => n)
          .window(windows).reduce((a, b) => a + b).name("sums").sinkTo(new TestSink("out"));
      }).start();
      return harness.log.filter((line) => line.startsWith("warn"));
    };
    const [warning, ...others] = await warnings(assigner);
    assertStringIncludes(
      warning!,
      `warn: job: "sums": each record falls into 86,400 windows of ${assigner.description} and is kept or added up in each, `,
    );
    assertEquals([others, await warnings(SlidingEventTimeWindows.of(60_000, 60))], [[], []]);
  });
}
