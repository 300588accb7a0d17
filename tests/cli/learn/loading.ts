/** Loads answers to exercises from their text, without a file and a process for each. */
import { type Course, type Exercise, readCourse } from "../../../src/cli/learn/course.ts";
import type { Check, WrongAnswer } from "../../../src/cli/learn/checks.ts";
import { type CheckOutcome, type CheckResult, runChecks } from "../../../src/cli/learn/run_checks.ts";

export const mayRead = Deno.permissions.querySync({ name: "read" }).state === "granted";

/** The exercises as they are, without their learner. */
export const course: Course = mayRead
  ? await readCourse(new URL("../../../exercises/", import.meta.url))
  : { lessons: [], exercises: [] };

/** Runs an exercise's checks on an answer's text, as it stands in `teaching/`. */
export async function judge(exercise: Exercise, text: string): Promise<CheckOutcome> {
  const { checks } = await import(exercise.checks.href) as { checks: readonly Check<object>[] };
  const src = new URL("../../../src/", import.meta.url).href;
  // A module without a place of its own: what it imports has to be named in full.
  const module = `${text.replaceAll('from "../../../src/', `from "${src}`)}\n// ${exercise.id}`;
  const work = await import(`data:application/typescript,${encodeURIComponent(module)}`);
  return await runChecks(checks, work, { source: text, fileName: exercise.file.pathname.split("/").at(-1)! });
}

/** The check that failed. */
export function failure({ results }: CheckOutcome): CheckResult | undefined {
  return results.find(({ status }) => status === "failed");
}

/** The wrong answers to an exercise, if their authors have written some. */
export async function wrongAnswersTo(exercise: Exercise): Promise<readonly WrongAnswer[]> {
  const file = new URL(exercise.checks.href.replace(/\.check\.ts$/, ".wrong.ts"));
  try {
    await Deno.stat(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
  return (await import(file.href)).wrong;
}

/** The text of a file of an exercise. */
export function read(file: URL): Promise<string> {
  return Deno.readTextFile(file);
}
