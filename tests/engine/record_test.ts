import { assertEquals } from "@std/assert";
import { formatTime, MAX_WATERMARK, MIN_WATERMARK, NO_TIMESTAMP } from "../../src/engine/record.ts";

Deno.test("formatTime() gives times and both ends of time for a person", () => {
  assertEquals(formatTime(Date.UTC(2024, 2, 1, 12, 0, 0, 5)), "2024-03-01T12:00:00.005Z");
  assertEquals(formatTime(-1), "1969-12-31T23:59:59.999Z");
  assertEquals([formatTime(MIN_WATERMARK), formatTime(MAX_WATERMARK)], ["the beginning", "the end"]);
});

Deno.test("formatTime() gives ms when a time lies beyond the years of a Date", () => {
  assertEquals([formatTime(8.64e15), formatTime(8.64e15 + 2), formatTime(-9e15)], [
    "+275760-09-13T00:00:00.000Z",
    "8640000000000002 ms",
    "-9000000000000000 ms",
  ]);
});

Deno.test("NO_TIMESTAMP is smaller than every event time", () => {
  assertEquals(NO_TIMESTAMP < -Number.MAX_VALUE, true);
});
