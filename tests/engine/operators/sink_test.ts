import { assertEquals } from "@std/assert";
import { SinkOperator } from "../../../src/engine/operators/sink.ts";
import { OperatorHarness } from "../../../src/engine/testing/operator_harness.ts";

Deno.test("SinkOperator hands values and timestamps to its writer and gives no record", () => {
  const written: [string, number][] = [];
  const rig = new OperatorHarness<string, never>(() =>
    new SinkOperator({ write: (value, timestampMs) => void written.push([value, timestampMs]) })
  );
  rig.record("a", 1).record("b", 2);

  assertEquals(written, [["a", 1], ["b", 2]]);
  assertEquals(rig.take(), []);
});
