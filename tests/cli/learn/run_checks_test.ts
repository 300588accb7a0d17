import { assertEquals, assertStringIncludes } from "@std/assert";
import { RecordError, WatermarkStrategy } from "@stream-apps/deno";
import { JobHarness, TestSink, TestSource } from "@stream-apps/deno/testing";
import { type Check, compare, compareWithWorkflows, wrong } from "../../../src/cli/learn/checks.ts";
import { type CheckOutcome, isRight, runChecks } from "../../../src/cli/learn/run_checks.ts";

interface Work {
  answer(): number;
}

function run(answer: () => number, ...checks: Check<Work>["run"][]): Promise<CheckOutcome> {
  const named = checks.map((run, index) => ({ shows: `check ${index}`, run }));
  return runChecks<Work>(named, { answer }, { source: "the text", fileName: "run_checks_test.ts" });
}

const passes = () => {};

Deno.test("runChecks() runs checks up to the first that fails; the others wait", async () => {
  const { results } = await run(() => 1, passes, () => wrong("no", ["a", "b"]), passes);
  assertEquals(results, [
    { shows: "check 0", status: "passed" },
    { shows: "check 1", status: "failed", words: "no", picture: ["a", "b"] },
    { shows: "check 2", status: "waiting" },
  ]);
});

Deno.test("isRight() asks for all, and for at least one", async () => {
  const outcomes = [await run(() => 1), await run(() => 1, passes), await run(() => 1, passes, () => wrong("no"))];
  assertEquals(outcomes.map(isRight), [false, true, false]);
});

Deno.test("runChecks() reports what the learner's code throws with its line", async () => {
  const { results } = await run(() => {
    throw new RangeError("too much");
  }, ({ answer }) => void answer());
  assertStringIncludes(results[0]!.words!, "RangeError in line ");
  assertEquals(results[0]!.picture, ["too much"]);
});

Deno.test("runChecks() says what was thrown at a record before what the check has found missing", async () => {
  const checkWith = (refuse: (n: number) => number) => async () => {
    const numbers = new TestSource<number>("numbers");
    await using _harness = await new JobHarness((env) => {
      env.fromSource(numbers, WatermarkStrategy.noWatermarks(), "numbers").map(refuse).name("refuse")
        .sinkTo(new TestSink<number>("seen"));
    }).start();
    await numbers.push(1);
    wrong("Nothing came out.");
  };
  const wordsOf = async (refuse: (n: number) => number) => (await run(() => 1, checkWith(refuse))).results[0]!.words;
  assertEquals(
    await wordsOf(() => {
      throw new TypeError("my own mistake");
    }),
    'Your code threw at a record (TypeError in "refuse"): my own mistake. Nothing came out.',
  );
  // That is what an exercise may ask for.
  assertEquals(
    await wordsOf(() => {
      throw new RecordError("no price");
    }),
    "Nothing came out.",
  );
});

Deno.test("runChecks() says which export is missing", async () => {
  const { results } = await run(() => 1, (work) => (work as unknown as { other(): void }).other());
  assertStringIncludes(results[0]!.words!, 'The file exports no "other"');
});

Deno.test("runChecks() keeps what was printed by the last check that has printed, and shows checks what is printed", async () => {
  const seen: string[][] = [];
  // deno-lint-ignore no-console -- as a learner's file does
  const answer = () => (console.log("printed", 1), 1);
  const { printed } = await run(answer, ({ answer }) => void answer(), ({ answer }, { takePrinted, source }) => {
    takePrinted();
    answer();
    seen.push(takePrinted(), [source]);
  }, passes);
  assertEquals([printed, seen], [["printed 1"], [["printed 1"], ["the text"]]]);
});

Deno.test("compare() says what a known mistake means, and shows where expected and found part", async () => {
  const check = (actual: number[]) => () =>
    compare(actual, {
      expected: [1, 2],
      mistakes: [[[2, 1], "turned round"]],
      meaning: "something else",
      show: inLines,
    });
  assertEquals((await run(() => 1, check([1, 2]))).results[0]!.status, "passed");
  const [turned] = (await run(() => 1, check([2, 1]))).results;
  assertEquals([turned!.words, turned!.picture], ["turned round", [
    "expected   found",
    "1          2  ←",
    "2          1  ←",
  ]]);
  assertEquals((await run(() => 1, check([3]))).results[0]!.words, "something else");
});

Deno.test("compareWithWorkflows() finds the mistake by running workflows that have it", async () => {
  const outcomeOf = (f: (n: number) => number) => Promise.resolve([f(2)]);
  const check = (f: (n: number) => number) => () =>
    compareWithWorkflows(f, {
      expected: [4],
      outcomeOf,
      mistakes: [[(n: number) => n, "unchanged"], [(n: number) => n + 1, "one more"]],
      meaning: "something else",
    });
  const words = async (f: (n: number) => number) => (await run(() => 1, check(f))).results[0]!.words;
  assertEquals([await words((n) => n * 2), await words((n) => n), await words((n) => n + 1), await words(() => 9)], [
    undefined,
    "unchanged",
    "one more",
    "something else",
  ]);
});

function inLines(result: readonly number[]): string[] {
  return result.map(String);
}
