import { assertEquals, assertThrows } from "@std/assert";
import { OperatorError } from "../../../src/engine/errors.ts";
import { FlatMapOperator } from "../../../src/engine/operators/flat_map.ts";
import { NO_TIMESTAMP } from "../../../src/engine/record.ts";
import { OperatorHarness } from "../../../src/engine/testing/operator_harness.ts";

const words = () => new FlatMapOperator<string, string>((line, out) => line.split(" ").forEach((w) => out.collect(w)));

Deno.test("FlatMapOperator gives any number of records for each, at its timestamp, and passes event time on", () => {
  const rig = new OperatorHarness(words);
  rig.record("a b", 100).watermark(99).record("c", 50).record("d e");

  assertEquals(rig.take(), [["a", 100], ["b", 100], { watermark: 99 }, ["c", 50], ["d", NO_TIMESTAMP], [
    "e",
    NO_TIMESTAMP,
  ]]);
});

Deno.test("FlatMapOperator gives nothing for a record of which its function makes nothing", () => {
  const rig = new OperatorHarness(() => new FlatMapOperator<string, string>(() => {}));
  rig.record("a", 1);

  assertEquals(rig.take(), []);
});

Deno.test("FlatMapOperator names itself when its function throws", () => {
  const rig = new OperatorHarness(
    () =>
      new FlatMapOperator<string, string>(() => {
        throw new RangeError("no words");
      }),
    { name: "words" },
  );
  assertThrows(() => rig.record("a", 1), OperatorError, 'Operator "words" failed: RangeError: no words');
});
