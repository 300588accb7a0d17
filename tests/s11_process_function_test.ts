import { assertEquals } from "@std/assert";
import { StreamExecutionEnvironment } from "../src/engine/mod.ts";
import { defineWorkflow } from "../src/s11_process_function.ts";
import { defineWorkflow as defineWithOperators } from "../src/s11_transformation.ts";

function streams(numbers: readonly number[]): ReturnType<typeof defineWorkflow> {
  return defineWorkflow(new StreamExecutionEnvironment().fromCollection(numbers));
}

Deno.test("defineWorkflow() multiplies, repeats and filters with process functions", async () => {
  assertEquals(await streams([1, 2, 3, 4]).map.executeAndCollect(), [10, 20, 30, 40]);
  assertEquals(await streams([3, 0, 1]).flatMap.executeAndCollect(), [1, 2, 3, 1]);
  assertEquals(await streams([1, 2, 3, 4]).filter.executeAndCollect(), [2, 4]);
});

Deno.test("defineWorkflow() keeps a sum for each key in state", async () => {
  assertEquals(await streams([1, 2, 3, 4]).reduce.executeAndCollect(), [
    { of: "odd", sum: 1 },
    { of: "even", sum: 2 },
    { of: "odd", sum: 4 },
    { of: "even", sum: 6 },
  ]);
});

Deno.test("defineWorkflow() gives what the built-in operators of the lesson's first part give", async () => {
  const numbers = [7, 2, 2, 9, 0, 4];
  for (const name of ["map", "flatMap", "filter", "reduce"] as const) {
    const env = new StreamExecutionEnvironment();
    const expected = await defineWithOperators(env.fromCollection(numbers))[name].executeAndCollect();
    assertEquals(await streams(numbers)[name].executeAndCollect(), expected, name);
  }
});
