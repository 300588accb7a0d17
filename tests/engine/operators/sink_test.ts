import { assertEquals } from "@std/assert";
import { SinkOperator } from "../../../src/engine/operators/sink.ts";
import { OperatorBench } from "../operator_bench.ts";

Deno.test("SinkOperator hands values and timestamps to its writer and gives no record", () => {
  const written: [string, number][] = [];
  const bench = new OperatorBench<string, never>(() =>
    new SinkOperator({ write: (value, timestampMs) => void written.push([value, timestampMs]) })
  );
  bench.record("a", 1).record("b", 2);

  assertEquals(written, [["a", 1], ["b", 2]]);
  assertEquals(bench.take(), []);
});
