import { assertEquals } from "@std/assert";
import { ReplayClock } from "../../../src/inspect/follow/replay_clock.ts";

Deno.test("ReplayClock stands at the newest record, never goes back, and never beyond the machine's clock", () => {
  const clock = new ReplayClock(() => 1_000);
  assertEquals([clock.now(), clock.monotonicMs()], [1_000, 0]);
  clock.advance(100);
  assertEquals([clock.now(), clock.monotonicMs()], [100, 0]);
  clock.advance(160);
  clock.advance(130);
  assertEquals([clock.now(), clock.monotonicMs()], [160, 60]);
  clock.advance(5_000);
  assertEquals([clock.now(), clock.monotonicMs()], [1_000, 900]);
});
