import { assertEquals } from "@std/assert";
import { StreamExecutionEnvironment } from "../src/engine/mod.ts";
import { defineWorkflow } from "../src/s11_transformation.ts";

function streams(numbers: readonly number[]): ReturnType<typeof defineWorkflow> {
  return defineWorkflow(new StreamExecutionEnvironment().fromCollection(numbers));
}

Deno.test("defineWorkflow() maps each number to ten times itself", async () => {
  assertEquals(await streams([1, 2, 3, 4]).map.executeAndCollect(), [10, 20, 30, 40]);
});

Deno.test("defineWorkflow() makes any number of records of each with flatMap, none of 0", async () => {
  assertEquals(await streams([3, 0, 1]).flatMap.executeAndCollect(), [1, 2, 3, 1]);
});

Deno.test("defineWorkflow() filters out odd numbers", async () => {
  assertEquals(await streams([1, 2, 3, 4]).filter.executeAndCollect(), [2, 4]);
});

Deno.test("defineWorkflow() adds up odd and even numbers by themselves, and gives each sum on the way", async () => {
  assertEquals(await streams([1, 2, 3, 4]).reduce.executeAndCollect(), [
    { of: "odd", sum: 1 },
    { of: "even", sum: 2 },
    { of: "odd", sum: 4 },
    { of: "even", sum: 6 },
  ]);
});
