import { assertEquals } from "@std/assert";
import { ManualClock } from "../../../src/engine/testing/manual_clock.ts";

Deno.test("ManualClock stands still until it is moved", () => {
  const clock = new ManualClock(1_000);
  assertEquals(clock.now(), 1_000);
  clock.advance(5);
  assertEquals([clock.now(), clock.nowMs], [1_005, 1_005]);
  clock.nowMs = 7;
  assertEquals(clock.now(), 7);
});

Deno.test("setTimeOfDay() lets no time pass", async () => {
  const clock = new ManualClock(1_000);
  const slept = clock.sleep(50).then(() => clock.now());
  let calls = 0;
  using _ticks = clock.every(50, () => calls++);
  clock.setTimeOfDay(3_600_000);
  assertEquals([clock.now(), clock.monotonicMs(), clock.nextDueMs, calls], [3_600_000, 1_000, 3_600_050, 0]);
  clock.nowMs = 0; // back is no passing of time either
  assertEquals([clock.now(), clock.monotonicMs(), clock.nextDueMs, calls], [0, 1_000, 50, 0]);
  clock.advance(50);
  assertEquals([await slept, clock.monotonicMs(), calls], [50, 1_050, 1]);
});

Deno.test("sleep() ends when the clock has come far enough, and not before", async () => {
  const clock = new ManualClock(100);
  const woken: string[] = [];
  const sleeps = [clock.sleep(50).then(() => woken.push("b")), clock.sleep(20).then(() => woken.push("a"))];
  assertEquals(clock.nextDueMs, 120);
  clock.advance(19);
  await Promise.resolve();
  assertEquals(woken, []);
  clock.advance(1);
  await sleeps[1];
  assertEquals([woken, clock.nextDueMs], [["a"], 150]);
  clock.nowMs = 1_000;
  await sleeps[0];
  assertEquals([woken, clock.nextDueMs, clock.sleeps], [["a", "b"], Infinity, [50, 20]]);
});

Deno.test("sleep() ends when its signal is aborted, or is over at once", async () => {
  const clock = new ManualClock();
  const stop = new AbortController();
  const slept = clock.sleep(50, stop.signal);
  stop.abort();
  await slept;
  assertEquals(clock.nextDueMs, Infinity);
  await clock.sleep(50, stop.signal);
  await clock.sleep(0);
});

Deno.test("onSleep() is called in place of each sleep", async () => {
  const clock = new ManualClock();
  clock.onSleep = (ms) => clock.advance(ms);
  await clock.sleep(30);
  assertEquals(clock.now(), 30);
});

Deno.test("every() calls back when the clock is moved, once a move and not when it was just set back", () => {
  const clock = new ManualClock(1_000);
  const calls: number[] = [];
  const ticks = clock.every(10, () => calls.push(clock.now()));
  clock.advance(9);
  clock.advance(1);
  clock.advance(9);
  assertEquals(calls, [1_010]);
  clock.advance(100);
  clock.nowMs = 0;
  clock.advance(9);
  assertEquals(calls, [1_010, 1_119]);
  clock.advance(1);
  assertEquals(calls, [1_010, 1_119, 10]);
  assertEquals([clock.sleeps, clock.nextDueMs], [[], Infinity]);
  ticks[Symbol.dispose]();
  clock.advance(10);
  assertEquals(calls.length, 3);
});
