/** What holds for every exercise of `deno task learn`. */
import { assert, assertEquals, assertMatch, assertNotEquals, assertStringIncludes } from "@std/assert";
import { asLearnersFile } from "../../../src/cli/learn/course.ts";
import { isRight } from "../../../src/cli/learn/run_checks.ts";
import { course, failure, judge, mayRead, read, wrongAnswersTo } from "./loading.ts";

/** A learner's files are not as they were at first. */
const isLearning = mayRead && await Deno.stat(new URL("../../../exercises/.progress.json", import.meta.url))
  .then(() => true, () => false);

for (const exercise of course.exercises) {
  const test = (name: string, fn: () => Promise<void>) => Deno.test(`exercise ${exercise.id} ${name}`, fn);

  test("has a text, and three hints that differ", () => {
    const { title, text, hints } = exercise;
    assert(title !== "" && text !== "");
    assertEquals(new Set(hints).size, 3, "three hints");
    return Promise.resolve();
  });

  test("fails unsolved, with words of its own", async () => {
    const outcome = await judge(exercise, await read(exercise.start));
    const { words } = failure(outcome)!;
    assert(words !== undefined && !/did not get to the end|exports no/.test(words), words);
  });

  test("passes with its solution", async () => {
    const outcome = await judge(exercise, await read(exercise.solution));
    assert(isRight(outcome), JSON.stringify(failure(outcome), null, 2));
  });

  test("shows nothing of its solution in its file, and no hint shows all of it", async () => {
    const start = await read(exercise.start);
    const code = codeOf(start);
    const missing = codeOf(await read(exercise.solution)).filter((each) => !code.includes(each) && /\w{3}/.test(each));
    assertNotEquals(missing, []);
    const comments = start.split("\n").filter((each) => !code.includes(each.trim())).join("\n");
    for (const each of missing) assert(!comments.includes(each), `"${each}" stands in the file`);
    for (const hint of exercise.hints) assert(!missing.every((each) => hint.includes(each)), hint);
  });

  Deno.test({
    name: `exercise ${exercise.id} lies in exercises/ as it is at first`,
    ignore: isLearning,
    fn: async () => assertEquals(await read(exercise.file), asLearnersFile(await read(exercise.start))),
  });

  const answers = await wrongAnswersTo(exercise);
  const said = new Map<string, string>();
  for (const { replace, by, words } of answers) {
    test(`does not pass with "${firstLine(by)}" for "${firstLine(replace)}"`, async () => {
      const solution = await read(exercise.solution);
      assertEquals(solution.split(replace).length, 2, `"${replace}" stands once in the solution`);
      const outcome = await judge(exercise, solution.replace(replace, () => by));
      assert(!isRight(outcome), "it passed");
      const failed = failure(outcome)!;
      assertStringIncludes(failed.words!, words);
      assertEquals(said.get(failed.words!), undefined, `the same was said of another answer: ${failed.words}`);
      said.set(failed.words!, by);
    });
  }
}

Deno.test({
  name: "lessons have titles, and every exercise is found by its name",
  ignore: !mayRead,
  fn() {
    assert(course.exercises.length > 0);
    for (const { title } of course.lessons) assertMatch(title, /^(Lesson \d+|Beyond)/);
    const ids = course.exercises.map(({ id }) => id);
    assertEquals(new Set(ids.map((id) => id.split("/")[1])).size, ids.length, "names are unique");
  },
});

function firstLine(text: string): string {
  return text.trim().split("\n")[0]!;
}

/** The lines of a file without comments. */
function codeOf(text: string): string[] {
  return text.split("\n").map((each) => each.trim()).filter((each) => each !== "" && !/^(\/\/|\/?\*)/.test(each));
}
