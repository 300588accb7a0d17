/** The exercises as they lie in `exercises/`: a folder for each lesson, read once when the program starts. */

/** One exercise: what is shown of it, and where its files are. */
export interface Exercise {
  /** Folder and name: "04_life_of_a_job/1_double". */
  readonly id: string;
  readonly lesson: Lesson;
  readonly title: string;
  /** What it is about and what is to be done, in Markdown. */
  readonly text: string;
  /** Each leads further than the one before; the last is almost the answer. */
  readonly hints: readonly string[];
  /** What is said once it is solved; may be "". */
  readonly solved: string;
  /** The learner's file. */
  readonly file: URL;
  /** That file as it is at first. */
  readonly start: URL;
  readonly solution: URL;
  /** The module whose `checks` are run on the learner's file. */
  readonly checks: URL;
}

/** A folder of exercises. */
export interface Lesson {
  /** "04_life_of_a_job" */
  readonly id: string;
  /** "Lesson 4: the life of a job" */
  readonly title: string;
  readonly exercises: readonly Exercise[];
}

/** All lessons in their order. */
export interface Course {
  readonly lessons: readonly Lesson[];
  readonly exercises: readonly Exercise[];
}

/** Reads all lessons below a folder. Lessons, and exercises in them, are in the order of their names. */
export async function readCourse(folder: URL): Promise<Course> {
  const lessons: Lesson[] = [];
  for (const id of await namesIn(folder, (entry) => entry.isDirectory && /^\d\d_/.test(entry.name))) {
    lessons.push(await readLesson(id, new URL(`${id}/`, folder)));
  }
  return { lessons, exercises: lessons.flatMap(({ exercises }) => exercises) };
}

async function readLesson(id: string, folder: URL): Promise<Lesson> {
  const teaching = new URL("teaching/", folder);
  const { title } = parsePage(await Deno.readTextFile(new URL("lesson.md", teaching)));
  const exercises: Exercise[] = [];
  const lesson: Lesson = { id, title, exercises };
  for (const page of await namesIn(teaching, (entry) => /^\d.*\.md$/.test(entry.name))) {
    const name = page.slice(0, -".md".length);
    exercises.push({
      ...parsePage(await Deno.readTextFile(new URL(page, teaching))),
      id: `${id}/${name}`,
      lesson,
      file: new URL(`${name}.ts`, folder),
      start: new URL(`${name}.start.ts`, teaching),
      solution: new URL(`${name}.solution.ts`, teaching),
      checks: new URL(`${name}.check.ts`, teaching),
    });
  }
  return lesson;
}

/** Takes an exercise's page apart: a title, a text, and sections "## Hint" and "## Solved". */
export function parsePage(page: string): Pick<Exercise, "title" | "text" | "hints" | "solved"> {
  const [head = "", ...sections] = page.split(/^## /m);
  const [, title = "", text = ""] = /^# (.*)\n([^]*)$/.exec(head) ?? [];
  // The blanks before its first line stay: they make it code.
  const bodyOf = (section: string) => section.replace(/^(\s*\n)+/, "").trimEnd();
  const named = (name: string) =>
    sections.filter((section) => section.startsWith(`${name}\n`)).map((section) => bodyOf(section.slice(name.length)));
  return { title, text: bodyOf(text), hints: named("Hint"), solved: named("Solved").join("\n\n") };
}

/** A file from `teaching/` as it reads one folder higher, where the learner's file lies. */
export function asLearnersFile(text: string): string {
  return text.replaceAll('from "../../../src/', 'from "../../src/');
}

async function namesIn(folder: URL, wanted: (entry: Deno.DirEntry) => boolean): Promise<string[]> {
  const names: string[] = [];
  for await (const entry of Deno.readDir(folder)) if (wanted(entry)) names.push(entry.name);
  return names.sort();
}
