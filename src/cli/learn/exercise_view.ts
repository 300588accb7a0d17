/** What is shown of an exercise, as lines: on the screen, and without one as plain text. */
import type { Session, Verdict } from "./session.ts";
import type { CheckResult } from "./run_checks.ts";
import type { Exercise } from "./course.ts";
import type { Style } from "../screen/canvas.ts";
import { type Line, line, proseLines, type Span, wrapped } from "./prose.ts";

/** What is said at the end of the course. */
export const COMPLETE = "All exercises are solved: the course is complete. Well done.";

/** The title and text of an exercise, and which file is to be edited. */
export function exerciseLines(exercise: Exercise, width: number): Line[] {
  return [
    line(exercise.title, "bold"),
    [],
    ...proseLines(exercise.text, width),
    [],
    [{ text: "Edit and save  " }, { text: pathOf(exercise), style: "cyan" }],
  ];
}

/** The learner's file as one would open it from the project's folder. */
export function pathOf({ id }: Pick<Exercise, "id">): string {
  return `exercises/${id}.ts`;
}

/** What became of the last save. */
export function verdictLines(verdict: Verdict, exercise: Exercise, width: number): Line[] {
  switch (verdict.kind) {
    case "checking":
      return [line("… checking", "dim")];
    case "not run":
      return [mark("✗", "red", "It cannot be run yet."), ...wrapped(verdict.why, width)];
    case "types":
      return [
        mark("✗", "red", "TypeScript does not accept it yet, so it was not judged."),
        ...verdict.faults.slice(0, 3).flatMap((fault) => [
          [],
          line(`  line ${fault.line}`, "cyan"),
          ...fault.message.split("\n").flatMap((text) => indented(wrapped(text.trim(), width - 4), 4)),
        ]),
        ...(verdict.faults.length > 3 ? [[], line(`  and ${verdict.faults.length - 3} more`, "dim")] : []),
      ];
    case "wrong":
    case "right": {
      const { outcome: { results, printed }, typesNotChecked } = verdict;
      return [
        ...results.flatMap((result) => resultLines(result, width)),
        ...(typesNotChecked === undefined ? [] : [line(`(its types were not checked: ${typesNotChecked})`, "dim")]),
        ...printedLines(printed),
        ...(verdict.kind === "right" ? [[], mark("✓", "green", "Solved.")] : []),
        ...(verdict.kind === "right" && exercise.solved !== "" ? proseLines(exercise.solved, width) : []),
      ];
    }
  }
}

/** The hints that have been shown. */
export function hintLines(exercise: Exercise, shown: number, width: number): Line[] {
  return exercise.hints.slice(0, shown).flatMap((hint, index) => [
    ...(index > 0 ? [[]] : []),
    line(`Hint ${index + 1} of ${exercise.hints.length}`, "yellow"),
    ...proseLines(hint, width),
  ]);
}

/** All lessons and exercises, with what has been solved; `chosen` is pointed at. */
export function listLines({ course, progress }: Session, chosen: Exercise): Line[] {
  return course.lessons.flatMap((lesson, index) => [
    ...(index > 0 ? [[]] : []),
    line(lesson.title, "bold"),
    ...lesson.exercises.map((exercise): Line => [
      { text: exercise === chosen ? "▶ " : "  ", style: "cyan" },
      progress.isSolved(exercise) ? { text: "✓ ", style: "green" } : { text: "· ", style: "dim" },
      { text: exercise.title, style: exercise === chosen ? "cyan" : undefined },
      { text: `  ${exercise.id}`, style: "dim" },
    ]),
  ]);
}

function resultLines({ shows, status, words, picture = [] }: CheckResult, width: number): Line[] {
  if (status === "passed") return marked("✓", "green", wrapped(shows, width - 2, "bold"));
  if (status === "waiting") return marked("·", "dim", wrapped(shows, width - 2, "dim"));
  return [
    ...marked("✗", "red", wrapped(shows, width - 2, "bold")),
    ...indented(wrapped(words ?? "", width - 2), 2),
    ...picture.map((text) => line(`    ${text}`, "cyan")),
  ];
}

/** What the learner's file has printed; a little of it, when it is much. */
function printedLines(printed: readonly string[]): Line[] {
  if (printed.length === 0) return [];
  const shown = printed.slice(0, 8);
  const more = printed.length - shown.length;
  return [
    [],
    line("It printed:", "dim"),
    ...shown.map((text) => line(`    ${text}`, "dim")),
    ...(more > 0 ? [line(`    … and ${more} more lines`, "dim")] : []),
  ];
}

function mark(sign: string, style: Style, text: string): Line {
  return marked(sign, style, [line(text, "bold")])[0]!;
}

/** A sign in front of the first line, and the others below its text. */
function marked(sign: string, style: Style, lines: readonly Line[]): Line[] {
  return lines.map((each, index) => [index === 0 ? { text: `${sign} `, style } : { text: "  " }, ...each]);
}

function indented(lines: readonly Line[], columns: number): Line[] {
  const blank: Span = { text: " ".repeat(columns) };
  return lines.map((each) => [blank, ...each]);
}
