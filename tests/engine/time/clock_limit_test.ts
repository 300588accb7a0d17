import { assertEquals } from "@std/assert";
import { ManualClock } from "../../../src/engine/testing/mod.ts";
import { ClockLimit, NO_LIMIT } from "../../../src/engine/time/clock_limit.ts";

function newLimit(maxAheadMs: number, nowMs = 0) {
  const clock = new ManualClock(nowMs);
  const warnings: string[] = [];
  return {
    clock,
    warnings,
    limit: new ClockLimit({ clock, maxAheadMs, warn: (message) => void warnings.push(message) }),
  };
}

Deno.test("isBeyond() goes with the clock", () => {
  const { clock, limit } = newLimit(1_000);
  assertEquals([999, 1_000, 1_001, Number.NEGATIVE_INFINITY].map((ms) => limit.isBeyond(ms)), [
    false,
    false,
    true,
    false,
  ]);
  clock.advance(1);
  assertEquals([1_001, 1_002].map((ms) => limit.isBeyond(ms)), [false, true]);
});

Deno.test("cap() lets a watermark come as far as the limit", () => {
  const { clock, limit } = newLimit(1_000);
  assertEquals([limit.cap(500), limit.cap(9e15)], [500, 1_000]);
  clock.advance(500);
  assertEquals(limit.cap(9e15), 1_500);
  assertEquals([NO_LIMIT.cap(9e15), NO_LIMIT.isBeyond(Number.POSITIVE_INFINITY)], [9e15, false]);
});

Deno.test("note() reports the first record at once, describe() their number", () => {
  const { limit, warnings } = newLimit(90_000);
  assertEquals(limit.describe(), undefined);
  limit.note(Date.UTC(2031, 4, 1), {
    topic: "skyone",
    partition: 3,
    offset: 17,
    timestampMs: 0,
    key: null,
    value: null,
    headers: undefined,
  });
  assertEquals(warnings, [
    'the time of a record is more than 90 s ahead of the clock: "skyone" partition 3 offset 17, stamped 2031-05-01T00:00:00.000Z; ' +
    "it is kept, but moves event time no further, else all others would be late; --max-ahead says how far times may be ahead",
  ]);
  assertEquals(
    limit.describe(),
    '1 record is more than 90 s ahead of the clock and moves no event time, it is "skyone" partition 3 offset 17, stamped ' +
      "2031-05-01T00:00:00.000Z (--max-ahead)",
  );
  for (let i = 0; i < 1_203; i++) limit.note(0, undefined);
  assertEquals(warnings.length, 1);
  assertEquals(
    limit.describe()!.slice(0, 75),
    "1,204 records are more than 90 s ahead of the clock and move no event time,",
  );
});
