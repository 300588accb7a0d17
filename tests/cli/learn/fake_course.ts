/** A course of exercises that are nowhere but in a test. */
import { type Course, parsePage } from "../../../src/cli/learn/course.ts";

export const PAGE =
  "# Count\n\nSome `code` and **bold words**.\n\n## Hint\none\n\n## Hint\ntwo\n\n## Hint\n\n    three\n\n## Solved\nwell\n";

/** One lesson with exercises of these names, whose files are in the folder. */
export function fakeCourse(folder: URL, names: string[]): Course {
  const exercises: Course["exercises"][number][] = [];
  const lesson = { id: "04_lesson", title: "Lesson 4: the first", exercises };
  for (const name of names) {
    const at = (ending: string) => new URL(`${name}${ending}`, folder);
    const files = { file: at(".ts"), start: at(".start.ts"), solution: at(".solution.ts"), checks: at(".check.ts") };
    exercises.push({ ...parsePage(PAGE), title: `Title of ${name}`, id: `04_lesson/${name}`, lesson, ...files });
  }
  return { lessons: [lesson], exercises };
}
