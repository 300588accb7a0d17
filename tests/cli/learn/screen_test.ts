import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { parsePage } from "../../../src/cli/learn/course.ts";
import { Progress } from "../../../src/cli/learn/progress.ts";
import { proseLines, toText } from "../../../src/cli/learn/prose.ts";
import { LearnScreen } from "../../../src/cli/learn/screen.ts";
import { Session } from "../../../src/cli/learn/session.ts";
import { fakeCourse, PAGE } from "./fake_course.ts";

const mayWrite = Deno.permissions.querySync({ name: "write" }).state === "granted";

function test(name: string, fn: (screen: LearnScreen, session: Session) => Promise<void>): void {
  Deno.test({
    name: mayWrite ? name : `${name} (skipped: it needs to write a file)`,
    ignore: !mayWrite,
    fn: async () => {
      const dir = await Deno.makeTempDir();
      try {
        const course = fakeCourse(new URL(`file://${dir}/`), ["1_one", "2_two"]);
        const progress = await Progress.open(course, new URL(`file://${dir}/.progress.json`));
        const run = () => Promise.resolve({ notRun: "Nothing is run here." });
        const session = new Session({ course, progress, run });
        await fn(new LearnScreen(session), session);
      } finally {
        await Deno.remove(dir, { recursive: true });
      }
    },
  });
}

function shown(screen: LearnScreen, rows = 30): string {
  const lines = screen.render({ columns: 80, rows, colours: false });
  assertEquals([lines.length, new Set(lines.map((each) => [...each].length)).size], [rows, 1]);
  return lines.map((each) => each.trimEnd()).join("\n");
}

test("the screen shows the exercise, its file and the keys", (screen) => {
  const text = shown(screen);
  for (
    const part of [
      "0 of 2 solved",
      "Lesson 4: the first",
      "Title of 1_one",
      "exercises/04_lesson/1_one.ts",
      "h hint (3)",
      "n skip",
    ]
  ) {
    assertStringIncludes(text, part);
  }
  return Promise.resolve();
});

test("h shows one hint more, up to the last", async (screen) => {
  const numbers = async () => (await screen.press("h"), shown(screen).match(/Hint \d of 3/g)!.length);
  assertEquals([await numbers(), await numbers(), await numbers(), await numbers()], [1, 2, 3, 3]);
  assertStringIncludes(shown(screen), "There is no further hint.");
});

test("l shows the list, in which an exercise is chosen; n and p go on and back", async (screen, session) => {
  await screen.press("l");
  assertStringIncludes(shown(screen), "▶ · Title of 1_one");
  await screen.press("down");
  assertStringIncludes(shown(screen), "▶ · Title of 2_two");
  await screen.press("enter");
  assertEquals(session.exercise.id, "04_lesson/2_two");
  await screen.press("p");
  assertEquals(session.exercise.id, "04_lesson/1_one");
  await screen.press("n");
  await screen.press("n");
  assertEquals(session.exercise.id, "04_lesson/2_two");
  assertStringIncludes(shown(screen), "some are not solved");
});

test("r asks first, and only y resets", async (screen, session) => {
  const { exercise } = session;
  await Deno.writeTextFile(exercise.start, 'import "x" from "../../../src/x.ts";');
  await Deno.writeTextFile(exercise.file, "mine");
  await screen.press("r");
  assertStringIncludes(shown(screen), "y yes");
  await screen.press("n");
  assertEquals(await Deno.readTextFile(exercise.file), "mine");
  await screen.press("r");
  await screen.press("y");
  assertEquals(await Deno.readTextFile(exercise.file), 'import "x" from "../../src/x.ts";');
});

test("s shows the solution as it would stand in the file, and another key closes it", async (screen, session) => {
  await Deno.writeTextFile(session.exercise.solution, 'import "x" from "../../../src/x.ts";\n');
  await screen.press("s");
  assertStringIncludes(shown(screen), 'import "x" from "../../src/x.ts";');
  await screen.press("escape");
  assertStringIncludes(shown(screen), "Title of 1_one");
});

test("a screen that is too small shows the text first, after a save what is said of it, and scrolls", async (screen) => {
  assertStringIncludes(shown(screen, 10), "Title of 1_one");
  assertStringIncludes(shown(screen, 10), "↓ more");
  screen.saved();
  screen.show();
  assertStringIncludes(shown(screen, 10), "checking");
  for (let i = 0; i < 10; i++) await screen.press("up");
  assertStringIncludes(shown(screen, 10), "Title of 1_one");
  await screen.press("n");
  assertStringIncludes(shown(screen, 10), "Title of 2_two");
});

test("q ends it", async (screen) => {
  assertEquals([await screen.press("x"), await screen.press("q")], [true, false]);
});

test("q leads back from the list and from a solution", async (screen, session) => {
  await Deno.writeTextFile(session.exercise.solution, "mine\n");
  for (const key of ["l", "s"]) {
    await screen.press(key);
    assertEquals(await screen.press("q"), true);
    assertStringIncludes(shown(screen), "q quit");
  }
});

test("where more is, stands in lines of their own", async (screen) => {
  for (let i = 0; i < 3; i++) await screen.press("h");
  screen.render({ columns: 80, rows: 12, colours: false });
  await screen.press("up");
  const lines = shown(screen, 12).split("\n");
  assertEquals([lines[1]!.trim(), lines[10]!.trim()], ["↑ more", "↓ more"]);
});

Deno.test("parsePage() takes a page apart", () => {
  const { title, text, hints, solved } = parsePage(PAGE);
  assertEquals([title, text, hints, solved], [
    "Count",
    "Some `code` and **bold words**.",
    ["one", "two", "    three"],
    "well",
  ]);
});

Deno.test("proseLines() breaks lines at blanks, keeps code as it is, and styles words", () => {
  const lines = proseLines("Some `code x` and **bold words**,\nhere.\n\n    keep   this\n\n- an item that is long", 16);
  assertEquals(lines.map((each) => toText(each, false)), [
    "Some code x and",
    "bold words,",
    "here.",
    "",
    "    keep   this",
    "",
    "- an item that",
    "  is long",
  ]);
  assert(lines[0]!.some(({ text, style }) => text === "code x" && style === "cyan"));
  assert(lines[1]!.some(({ text, style }) => text === "words" && style === "bold"));
});
