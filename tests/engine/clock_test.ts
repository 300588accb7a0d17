import { assertEquals } from "@std/assert";
import { SYSTEM_CLOCK } from "../../src/engine/clock.ts";

const LONG_MS = 1e9;

Deno.test("SYSTEM_CLOCK.sleep() ends when the signal is aborted, and leaves no timer", async () => {
  const controller = new AbortController();
  const slept = SYSTEM_CLOCK.sleep(LONG_MS, controller.signal);
  controller.abort(new Error("never thrown"));

  assertEquals(await slept, undefined);
});

Deno.test("SYSTEM_CLOCK.sleep() ends at once when the signal was aborted before", async () => {
  assertEquals(await SYSTEM_CLOCK.sleep(LONG_MS, AbortSignal.abort()), undefined);
});

/** Resolves when somebody who is called every millisecond from now on has been called three times. */
async function threeCalls(): Promise<void> {
  const controller = new AbortController();
  let calls = 0;
  using _ticks = SYSTEM_CLOCK.every!(1, () => {
    if (++calls === 3) controller.abort();
  });
  await SYSTEM_CLOCK.sleep(LONG_MS, controller.signal);
}

Deno.test("SYSTEM_CLOCK.every() calls back again and again until it is disposed", async () => {
  let calls = 0;
  const ticks = SYSTEM_CLOCK.every!(1, () => calls++);
  await threeCalls();
  ticks[Symbol.dispose]();
  const callsThen = calls;
  await threeCalls();

  assertEquals([callsThen >= 2, calls], [true, callsThen]);
});
