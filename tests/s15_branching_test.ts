import { assertEquals } from "@std/assert";
import { StreamExecutionEnvironment } from "../src/engine/mod.ts";
import { defineWorkflow } from "../src/s15_branching.ts";

const NAMES = [{ of: 2, name: "two" }, { of: 4, name: "four" }];

/** The ways of the lesson; which side comes first is not promised, so the tests try both. */
function streams({ namesFirst = false } = {}): ReturnType<typeof defineWorkflow> {
  const env = new StreamExecutionEnvironment();
  const early = namesFirst ? env.fromCollection(NAMES) : undefined;
  const numbers = env.fromCollection([1, 2, 3, 4]);
  return defineWorkflow(numbers, early ?? env.fromCollection(NAMES));
}

for (const namesFirst of [false, true]) {
  const first = namesFirst ? "names" : "numbers";

  Deno.test(`defineWorkflow() makes one text of each record of two streams of different types, ${first} first`, async () => {
    const texts = await streams({ namesFirst }).coMap.executeAndCollect();
    assertEquals(
      texts.sort(),
      ["a name, four", "a name, two", "a number, 1", "a number, 2", "a number, 3", "a number, 4"],
    );
  });

  Deno.test(`defineWorkflow() makes any number of texts of each record of two streams, ${first} first`, async () => {
    const texts = await streams({ namesFirst }).coFlatMap.executeAndCollect();
    assertEquals(texts.filter((text) => text.endsWith("large")), ["3 is large", "4 is large"]);
    assertEquals(texts.filter((text) => text.length === 1).join(""), "twofour");
  });

  Deno.test(`defineWorkflow() brings a number and its name together, ${first} first`, async () => {
    const called = await streams({ namesFirst }).coProcess.executeAndCollect();
    assertEquals(called, ["2 is called two", "4 is called four"]);
  });
}

Deno.test("defineWorkflow() splits numbers into even and odd ones", async () => {
  assertEquals(await streams().even.executeAndCollect(), [2, 4]);
  assertEquals(await streams().odd.executeAndCollect(), [1, 3]);
});

Deno.test("defineWorkflow() emits notes about larger numbers to a side output, and the others to the main one", async () => {
  assertEquals(await streams().upToTwo.executeAndCollect(), [1, 2]);
  assertEquals(await streams().larger.executeAndCollect(), ["3 is more than two", "4 is more than two"]);
});
