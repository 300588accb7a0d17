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
