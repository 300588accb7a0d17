import { assertEquals } from "@std/assert";
import { isAfter, isInOrder, secondsBetween } from "../../src/models/iso_time.ts";

/** Both read as UTC where they have no zone. */
function parse(time: string): number {
  return Date.parse(/Z|[+-]\d\d:\d\d$/.test(time) ? time : `${time}Z`);
}

const ZONES = ["", "Z", "+14:00", "-12:00", "+05:30"];
const TIMES = ["0001-01-01T00:00", "1900-02-28T23:59:59", "1969-12-31T23:59", "1970-01-01T00:00:00", "2000-02-29T12:00"]
  .concat(["2024-12-31T23:59:59.999", "2026-03-01T08:00:00.5", "2100-03-01T00:00:00.000001", "9999-12-31T23:59"]);

Deno.test("secondsBetween() subtracts as Date.parse() reads the times, at whole seconds", () => {
  for (const from of TIMES.map((time) => time.slice(0, 16))) {
    for (const to of TIMES.map((time) => time.slice(0, 16))) {
      for (const zone of ZONES) {
        assertEquals(secondsBetween(from, to + zone), (parse(to + zone) - parse(from)) / 1000, `${from} ${to}${zone}`);
      }
    }
  }
});

Deno.test("secondsBetween() is exact about fractions at 0 and at every full minute", () => {
  assertEquals(secondsBetween("2026-03-01T08:00:00.2", "2026-03-01T08:00:00.1"), -1);
  assertEquals(secondsBetween("2026-03-01T08:00:00.000900", "2026-03-01T08:01:00.000100"), 59);
  assertEquals(secondsBetween("2026-03-01T08:00:00.1", "2026-03-01T08:01:00.100"), 60);
});

Deno.test("isInOrder() compares moments, whatever the forms of the texts", () => {
  for (const from of TIMES) {
    for (const to of TIMES) {
      for (const zone of ZONES) {
        // Two fractions of ms are the same to Date.parse().
        assertEquals(isInOrder(from, to + zone), parse(from) <= parse(to + zone), `${from} ${to}${zone}`);
      }
    }
  }
  assertEquals(isInOrder("2026-03-01T08:00:00.000002", "2026-03-01T08:00:00.000001"), false);
  assertEquals(isInOrder("2026-03-01T08:00:00.000", "2026-03-01T08:00"), true);
});

Deno.test("isAfter() compares as Date.parse() reads the time, near and far", () => {
  const now = Date.UTC(2026, 2, 1, 12, 34, 56, 789);
  for (const hours of [-30_000, -50, -49, -48, -47, -26, -14, -1, -1e-6, 0, 1e-6, 1, 14, 26, 47, 48, 49, 50, 30_000]) {
    const wall = new Date(now + Math.round(hours * 3_600_000)).toISOString().slice(0, -1);
    for (const zone of ["", "Z", "+14:00", "-12:00"]) {
      const time = wall + zone;
      assertEquals(isAfter(time, now), Date.parse(time) > now, time);
    }
  }
  assertEquals(isAfter("1970-01-01T00:00", -3 * 86_400_000), true);
});
