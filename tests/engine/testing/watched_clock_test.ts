import { assertEquals, assertRejects } from "@std/assert";
import { ManualClock } from "../../../src/engine/testing/manual_clock.ts";
import { nextTurn, WatchedClock } from "../../../src/engine/testing/watched_clock.ts";

Deno.test("rest() waits while there is work, and while nobody sleeps", async () => {
  const clock = new ManualClock();
  const watched = new WatchedClock(clock);
  const events: string[] = [];
  const work = async () => {
    for (let round = 1; round <= 3; round++) {
      events.push(`round ${round} at ${watched.now()}`);
      await nextTurn();
    }
    await watched.sleep(10);
    events.push(`woken at ${watched.now()}`);
    await watched.sleep(10);
  };
  const done = work();
  await watched.rest(() => false);
  assertEquals(events, ["round 1 at 0", "round 2 at 0", "round 3 at 0"]);
  clock.advance(10);
  await watched.rest(() => false);
  assertEquals(events.at(-1), "woken at 10");
  clock.advance(10);
  await done;
  await watched.rest(() => true);
});

Deno.test("rest() waits for who is at work while another one sleeps", async () => {
  const watched = new WatchedClock(new ManualClock());
  const stop = new AbortController();
  const slept = watched.sleep(1_000, stop.signal);
  let rounds = 0;
  const work = async () => {
    for (; rounds < 10; rounds++) {
      watched.now();
      await nextTurn();
    }
  };
  const done = work();
  await watched.rest(() => false);
  assertEquals(rounds, 10);
  stop.abort();
  await Promise.all([slept, done]);
});

Deno.test("rest() says that a job is stuck which waits for what never comes", async () => {
  const watched = new WatchedClock(new ManualClock(), 100);
  await assertRejects(() => watched.rest(() => false), Error, "The job neither works nor sleeps");
});

Deno.test("every() of a WatchedClock is that of its clock, and no sign of life", async () => {
  const clock = new ManualClock();
  const watched = new WatchedClock(clock, 100);
  let calls = 0;
  const ticks = watched.every(10, () => calls++);
  clock.advance(10);
  assertEquals(calls, 1);
  await assertRejects(() => watched.rest(() => false), Error, "The job neither works nor sleeps");
  ticks[Symbol.dispose]();
  clock.advance(10);
  assertEquals(calls, 1);
});
