import { assertEquals } from "@std/assert";
import { MapOperator } from "../../../src/engine/operators/map.ts";
import { NO_TIMESTAMP } from "../../../src/engine/record.ts";
import { OperatorBench } from "../operator_bench.ts";

Deno.test("MapOperator gives one record for each, at its timestamp, and passes event time on", () => {
  const bench = new OperatorBench(() => new MapOperator((n: number) => `#${n}`));
  bench.record(1, 100).watermark(99).record(2, 50).record(3);

  assertEquals(bench.take(), [["#1", 100], { watermark: 99 }, ["#2", 50], ["#3", NO_TIMESTAMP]]);
});

Deno.test("MapOperator gives undefined and null as records too", () => {
  const bench = new OperatorBench(() => new MapOperator((value: unknown) => value));
  bench.record(undefined, 1).record(null, 2);

  assertEquals(bench.take(), [[undefined, 1], [null, 2]]);
});
