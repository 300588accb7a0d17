import { assertEquals } from "@std/assert";
import { MergingWindowSet, type OpenWindows } from "../../../src/engine/windows/merging_window_set.ts";
import { EventTimeSessionWindows } from "../../../src/engine/windows/session_windows.ts";
import { TimeWindow } from "../../../src/engine/windows/window.ts";

/** Adds windows, one after the other, and writes down what merges. */
function add(stored: OpenWindows, ...windows: [startMs: number, endMs: number][]) {
  const set = new MergingWindowSet(EventTimeSessionWindows.withGap(10), stored);
  const merges: unknown[] = [];
  const results = windows.map(([startMs, endMs]) =>
    set.add(new TimeWindow(startMs, endMs), {
      onMerge: ({ id }, merged, stateWindow, mergedStateWindows) =>
        merges.push([id, merged.map(({ id }) => id), stateWindow, mergedStateWindows]),
    }).id
  );
  return { set, merges, results, changes: set.changes };
}

Deno.test("add() opens a window that meets no other, its contents under its own id", () => {
  const { merges, results, changes } = add([["0:5", "0:5"]], [10, 20]);

  assertEquals([merges, results, changes], [[], ["10:20"], [["0:5", "0:5"], ["10:20", "10:20"]]]);
});

// As Flink's MergingWindowSetTest.testIncrementalMerging() has it.
Deno.test("add() lets a window grow whose contents stay where they were", () => {
  const { merges, results, changes } = add([["0:4", "0:4"]], [1, 5], [-3, 0]);

  assertEquals(results, ["0:5", "-3:5"]);
  assertEquals(merges, [["0:5", ["0:4"], "0:4", []], ["-3:5", ["0:5"], "0:4", []]]);
  assertEquals(changes, [["-3:5", "0:4"]]);
});

Deno.test("add() makes one of all windows that a new one bridges: the contents go to the first", () => {
  const { merges, results, changes } = add([["20:30", "25:30"], ["0:12", "2:12"], ["50:60", "50:60"]], [11, 21]);

  assertEquals(results, ["0:30"]);
  assertEquals(merges, [["0:30", ["0:12", "20:30"], "2:12", ["25:30"]]]);
  assertEquals(changes, [["50:60", "50:60"], ["0:30", "2:12"]]);
});

Deno.test("add() changes nothing for a window that fits into one, or equals one", () => {
  for (const window of [[2, 8], [0, 8], [2, 10], [0, 10]] as [number, number][]) {
    const { merges, results, changes } = add([["0:10", "0:5"]], window);
    assertEquals([merges, results, changes], [[], ["0:10"], undefined]);
  }
});

Deno.test("stateWindow() is where the contents are, and undefined of a window that is not open", () => {
  const { set } = add([["0:4", "0:4"]], [1, 5]);

  assertEquals(set.stateWindow(new TimeWindow(0, 5)), "0:4");
  assertEquals(set.stateWindow(new TimeWindow(0, 4)), undefined);
});

Deno.test("retire() forgets a window; of one that is not open there is nothing to store", () => {
  const { set } = add([["0:4", "0:4"]]);
  set.retire(new TimeWindow(1, 4));
  assertEquals(set.changes, undefined);
  set.retire(new TimeWindow(0, 4));
  assertEquals(set.changes, []);
});
