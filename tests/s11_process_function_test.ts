import { assertEquals } from "@std/assert";
import { StreamExecutionEnvironment } from "../src/engine/mod.ts";
import { JobHarness, TestSink, TestSource, watermarksByHand } from "../src/engine/testing/mod.ts";
import { defineWorkflow, type Sum } from "../src/s11_process_function.ts";
import { defineWorkflow as defineWithOperators } from "../src/s11_transformation.ts";

Deno.test("defineWorkflow() keeps a sum for each key in state", async () => {
  const env = new StreamExecutionEnvironment();
  assertEquals(await defineWorkflow(env.fromCollection([1, 2, 3, 4])).executeAndCollect(), [
    { of: "odd", sum: 1 },
    { of: "even", sum: 2 },
    { of: "odd", sum: 4 },
    { of: "even", sum: 6 },
  ]);
});

Deno.test("defineWorkflow() emits what reduce() of the lesson's first part emits", async () => {
  const numbers = [7, 2, 2, 9, 0, 4];
  const sums = defineWorkflow(new StreamExecutionEnvironment().fromCollection(numbers));
  const expected = defineWithOperators(new StreamExecutionEnvironment().fromCollection(numbers)).reduce;
  assertEquals(await sums.executeAndCollect(), await expected.executeAndCollect());
});

Deno.test("defineWorkflow() goes on with its sums after a crash", async () => {
  const numbers = new TestSource<number>("numbers");
  const sums = new TestSink<Sum>("sums");
  await using harness = await new JobHarness((env) => {
    defineWorkflow(env.fromSource(numbers, watermarksByHand(), "numbers")).sinkTo(sums);
  }).start();
  await numbers.push(1);
  await harness.commit();
  await harness.restart();
  await numbers.push(3);
  assertEquals(sums.values, [{ of: "odd", sum: 1 }, { of: "odd", sum: 4 }]);
});
