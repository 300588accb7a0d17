import { OperatorHarness } from "@stream-apps/deno/testing";
import { assertEquals } from "@std/assert";
import { type Click, LATE, type Session, sessionsOf } from "./sessions.ts";

Deno.test("sessionsOf() corrects a session by a late click, and keeps what is too late", () => {
  const harness = OperatorHarness.of<Click, Session>((clicks) =>
    sessionsOf(clicks, { gapMs: 100, allowedLatenessMs: 1_000 })
  );
  const results = () => harness.take().flatMap((each) => Array.isArray(each) ? [each[0]] : []);
  const click = (user: string, atMs: number) => harness.record({ user, clicks: 1 }, atMs);

  click("ann", 0);
  click("ann", 150);
  harness.watermark(300);
  assertEquals(results(), [
    { user: "ann", clicks: 1, startMs: 0, lastMs: 0 },
    { user: "ann", clicks: 1, startMs: 150, lastMs: 150 },
  ]);
  click("ann", 80); // it bridges both
  assertEquals(results(), [{ user: "ann", clicks: 3, startMs: 0, lastMs: 150 }]);

  harness.watermark(5_000);
  click("ann", 90);
  assertEquals(results(), []);
  assertEquals(harness.takeSide(LATE), [[{ user: "ann", clicks: 1 }, 90]]);
});
