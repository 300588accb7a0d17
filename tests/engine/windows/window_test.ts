import { assertEquals } from "@std/assert";
import { TimeWindow } from "../../../src/engine/windows/window.ts";

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
