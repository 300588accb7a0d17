import { OperatorHarness } from "@stream-apps/deno/testing";
import { assertEquals } from "@std/assert";
import { type Alert, silenceAlerts } from "./silence_alert.ts";

Deno.test("silenceAlerts() reports a silence once, its end, and no device that goes on", () => {
  const harness = OperatorHarness.of<{ device: string }, Alert>((signals) => silenceAlerts(signals, 1_000));
  harness.record({ device: "a" }, 0).record({ device: "a" }, 900).record({ device: "a" }, 500).watermark(1_899);
  assertEquals(harness.take(), [{ watermark: 1_899 }]);

  harness.watermark(1_900).watermark(9_000);
  assertEquals(harness.take(), [
    [{ device: "a", state: "silent", lastSignalMs: 900 }, 1_900],
    { watermark: 1_900 },
    { watermark: 9_000 },
  ]);

  harness.record({ device: "a" }, 9_500);
  assertEquals(harness.take(), [[{ device: "a", state: "back", lastSignalMs: 9_500 }, 9_500]]);
});
