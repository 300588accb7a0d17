import { assertEquals } from "@std/assert";
import { MapOperator } from "../../../src/engine/operators/map.ts";
import { NO_TIMESTAMP } from "../../../src/engine/record.ts";
import { OperatorHarness } from "../../../src/engine/testing/operator_harness.ts";

Deno.test("MapOperator gives one record for each, at its timestamp, and passes event time on", () => {
  const rig = new OperatorHarness(() => new MapOperator((n: number) => `#${n}`));
  rig.record(1, 100).watermark(99).record(2, 50).record(3);

  assertEquals(rig.take(), [["#1", 100], { watermark: 99 }, ["#2", 50], ["#3", NO_TIMESTAMP]]);
});

Deno.test("MapOperator gives undefined and null as records too", () => {
  const rig = new OperatorHarness(() => new MapOperator((value: unknown) => value));
  rig.record(undefined, 1).record(null, 2);

  assertEquals(rig.take(), [[undefined, 1], [null, 2]]);
});
