import { assertEquals } from "@std/assert";
import { Progress } from "../../../src/cli/learn/progress.ts";
import type { CheckOutcome } from "../../../src/cli/learn/run_checks.ts";
import { Session, type Verdict } from "../../../src/cli/learn/session.ts";
import type { TypeFault } from "../../../src/cli/learn/type_check.ts";
import { fakeCourse } from "./fake_course.ts";

const mayWrite = Deno.permissions.querySync({ name: "write" }).state === "granted";

const RIGHT: CheckOutcome = { results: [{ shows: "all", status: "passed" }], printed: [] };
const WRONG: CheckOutcome = { results: [{ shows: "all", status: "failed", words: "no" }], printed: [] };

/** A session whose types and checks are answered by the test. */
class Answered {
  readonly types = Promise.withResolvers<TypeFault[]>();
  readonly checks: PromiseWithResolvers<CheckOutcome>[] = [];
  readonly shown: Verdict["kind"][] = [];
  readonly session: Session;

  constructor(readonly progress: Progress, course: ReturnType<typeof fakeCourse>) {
    this.session = new Session({
      course,
      progress,
      types: { check: () => this.types.promise },
      run: () => {
        const answer = Promise.withResolvers<CheckOutcome>();
        this.checks.push(answer);
        return answer.promise;
      },
      onChange: () => this.shown.push(this.session.verdict.kind),
    });
  }
}

function test(name: string, fn: (answered: Answered, progressFile: URL) => Promise<void>): void {
  Deno.test({
    name: mayWrite ? name : `${name} (skipped: it needs to write a file)`,
    ignore: !mayWrite,
    fn: async () => {
      const dir = await Deno.makeTempDir();
      try {
        const course = fakeCourse(new URL(`file://${dir}/`), ["1_one", "2_two"]);
        const file = new URL(`file://${dir}/.progress.json`);
        await fn(new Answered(await Progress.open(course, file), course), file);
      } finally {
        await Deno.remove(dir, { recursive: true });
      }
    },
  });
}

test("a file whose types are wrong is not solved, whatever the checks say", async ({ session, types, checks, progress }) => {
  const checking = session.check();
  checks[0]!.resolve(RIGHT);
  types.resolve([{ line: 3, message: "no such thing" }]);
  assertEquals((await checking)!.kind, "types");
  assertEquals(progress.solvedCount, 0);
});

test("a check that is left shows nothing more", async ({ session, types, checks, shown, progress }) => {
  const checking = session.check();
  session.leave();
  checks[0]!.resolve(RIGHT);
  types.reject(new Error("The language server has ended"));
  assertEquals(await checking, undefined);
  assertEquals([shown, progress.solvedCount], [["checking"], 0]);
});

test("what the checks have found is shown before the types are known, unless all is right", async ({ session, types, checks, shown }) => {
  const first = session.check();
  checks[0]!.resolve(WRONG);
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals(shown, ["checking", "wrong"]);
  types.resolve([]);
  await first;
  const second = session.check();
  checks[1]!.resolve(RIGHT);
  assertEquals((await second)!.kind, "right");
});

test("a check that is not over at the next save is not shown", async ({ session, types, checks, shown }) => {
  types.resolve([]);
  const first = session.check();
  const second = session.check();
  checks[1]!.resolve(RIGHT);
  assertEquals((await second)!.kind, "right");
  checks[0]!.resolve(WRONG);
  assertEquals([await first, shown], [undefined, ["checking", "checking", "right"]]);
});

test("without a type checker the checks decide, and why is said", async ({ session, types, checks }) => {
  types.reject(new Error("The language server has ended"));
  const checking = session.check();
  checks[0]!.resolve(RIGHT);
  assertEquals((await checking)!.kind, "right");
});

test(
  "progress is kept: what is solved, where one is, and how many hints were shown",
  async ({ session, types, checks }, file) => {
    types.resolve([]);
    const { course, exercise } = session;
    const checking = session.check();
    checks[0]!.resolve(RIGHT);
    await checking;
    await session.progress.showHint(exercise);
    await session.goTo(course.exercises[1]!);
    const later = await Progress.open(course, file);
    assertEquals([later.isSolved(exercise), later.hintsShown(exercise), later.current.id], [
      true,
      1,
      "04_lesson/2_two",
    ]);
    assertEquals(later.nextUnsolved()?.id, undefined);
  },
);

test("a change that is being written is not undone by reading the file", async ({ session: { progress, course } }) => {
  const reading = progress.reload();
  const going = progress.goTo(course.exercises[1]!);
  await Promise.all([reading, going]);
  assertEquals(progress.current.id, "04_lesson/2_two");
});

test("what another terminal has written is read", async ({ session: { progress, course } }, file) => {
  await (await Progress.open(course, file)).goTo(course.exercises[1]!);
  await progress.reload();
  assertEquals(progress.current.id, "04_lesson/2_two");
});
