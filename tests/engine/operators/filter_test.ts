import { assertEquals } from "@std/assert";
import { FilterOperator } from "../../../src/engine/operators/filter.ts";
import { OperatorHarness } from "../../../src/engine/testing/operator_harness.ts";

Deno.test("FilterOperator gives the records for which its function is true, unchanged, at their timestamps", () => {
  const rig = new OperatorHarness(() => new FilterOperator((n: number) => n % 2 === 0));
  rig.record(1, 100).record(2, 200).watermark(199).record(4, 150);

  assertEquals(rig.take(), [[2, 200], { watermark: 199 }, [4, 150]]);
});
