import { assertEquals, assertStrictEquals } from "@std/assert";
import { GlobalWindow, TimeWindow } from "../../../src/engine/windows/window.ts";

Deno.test("maxTimestamp() is the window's last millisecond", () => {
  assertEquals(new TimeWindow(0, 60_000).maxTimestamp(), 59_999);
  assertEquals(new TimeWindow(-60_000, 0).maxTimestamp(), -1);
});

Deno.test("fromId() gives the window back that has the id, also before 1970", () => {
  for (const [startMs, endMs] of [[0, 60_000], [-60_000, 0], [-7_200_000, -3_600_000]] as const) {
    const window = TimeWindow.fromId(new TimeWindow(startMs, endMs).id);
    assertEquals([window.startMs, window.endMs], [startMs, endMs]);
  }
});

Deno.test("id is different for windows of one start or one end", () => {
  const windows = [new TimeWindow(0, 10), new TimeWindow(0, 20), new TimeWindow(10, 20), new TimeWindow(-10, 0)];
  assertEquals(new Set(windows.map(({ id }) => id)).size, 4);
});

Deno.test("toString() names start and end for a person", () => {
  const window = new TimeWindow(Date.UTC(2024, 2, 1, 12), Date.UTC(2024, 2, 1, 12, 1));
  assertEquals(String(window), "[2024-03-01T12:00:00.000Z, 2024-03-01T12:01:00.000Z)");
});

Deno.test("toString() names a window that lies beyond the years of a Date", () => {
  assertEquals(String(new TimeWindow(9e15, 9e15 + 60_000)), "[9000000000000000 ms, 9000000000060000 ms)");
});

Deno.test("intersects() is true for windows that overlap or touch, to either side", () => {
  const window = new TimeWindow(10, 20);
  const others = [[0, 9], [0, 10], [0, 15], [0, 30], [12, 18], [15, 30], [20, 30], [21, 30]] as const;

  assertEquals(
    others.map(([startMs, endMs]) => window.intersects(new TimeWindow(startMs, endMs))),
    [false, true, true, true, true, true, true, false],
  );
});

Deno.test("cover() is the smallest window that holds both", () => {
  assertEquals(new TimeWindow(10, 20).cover(new TimeWindow(-5, 12)), new TimeWindow(-5, 20));
  assertEquals(new TimeWindow(10, 20).cover(new TimeWindow(12, 13)), new TimeWindow(10, 20));
});

Deno.test("mergeWindows() gives the groups that overlap or touch, in order of time, and leaves out those alone", () => {
  const windows = [[20, 30], [0, 5], [12, 20], [40, 50], [4, 8], [45, 47], [60, 70]] as const;
  const merged: unknown[] = [];
  TimeWindow.mergeWindows(
    windows.map(([startMs, endMs]) => new TimeWindow(startMs, endMs)),
    (toBeMerged, { id }) => merged.push([id, toBeMerged.map(({ id }) => id)]),
  );

  assertEquals(merged, [
    ["0:8", ["0:5", "4:8"]],
    ["12:30", ["12:20", "20:30"]],
    ["40:50", ["40:50", "45:47"]],
  ]);
});

Deno.test("GlobalWindow is one, holds all of time, and its last moment can be stored", () => {
  const window = GlobalWindow.get();
  assertStrictEquals(window, GlobalWindow.get());
  assertEquals([window.startMs, window.endMs], [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
  assertEquals(JSON.parse(JSON.stringify(window.maxTimestamp())), window.maxTimestamp());
  assertEquals(String(window), "the global window");
});
