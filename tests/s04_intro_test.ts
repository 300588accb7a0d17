import { assertEquals, assertStringIncludes } from "@std/assert";
import { StreamExecutionEnvironment } from "../src/engine/mod.ts";
import { defineWorkflow } from "../src/s04_intro.ts";

Deno.test("defineWorkflow() doubles each number", async () => {
  const env = new StreamExecutionEnvironment();
  const doubled = await defineWorkflow(env.fromCollection([1, 2, 3, 4, 5])).executeAndCollect();
  assertEquals(doubled, [2, 4, 6, 8, 10]);
});

Deno.test("defineWorkflow() only describes: what runs is in the plan before anything runs", async () => {
  const env = new StreamExecutionEnvironment();
  const taken: number[] = [];
  const numbers = env.fromCollection([1, 2]).name("numbers").map((number) => (taken.push(number), number)).name("note");
  const doubled = defineWorkflow(numbers);

  assertStringIncludes(env.explain().replaceAll(/ +/g, " "), "map double ← note");
  assertEquals(taken, []);
  await doubled.executeAndCollect();
  assertEquals(taken, [1, 2]);
});
