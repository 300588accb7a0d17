/** The commands of `deno task learn`: what the keys of its screen do, for another terminal or without one. */
import { UsageError, writeOutput } from "../../utils.ts";
import type { Course, Exercise } from "./course.ts";
import { COMPLETE, exerciseLines, hintLines, listLines, pathOf, verdictLines } from "./exercise_view.ts";
import { type Line, line, toText } from "./prose.ts";
import { type Session, solutionOf } from "./session.ts";

const WIDTH = 96;

/** A command, on the exercise that it names or the current one. */
export interface LearnCommand {
  /** What it does, for the help text. */
  readonly help: string;
  readonly run: (session: Session, exercise: Exercise) => Promise<void>;
}

/** The commands by name. */
export const COMMANDS: Readonly<Record<string, LearnCommand>> = {
  list: {
    help: "all lessons and exercises, and which are solved",
    run: (session) => print(listLines(session, session.exercise)),
  },
  next: {
    help: "go on to the next exercise",
    async run(session) {
      const { progress, exercise } = session;
      const next = progress.neighbour(1);
      if (next !== undefined) {
        await session.goTo(next);
        if (!progress.isSolved(exercise)) {
          await print([line(`${pathOf(exercise)} is not solved yet; previous leads back.`), []]);
        }
        return await print(exerciseLines(next, WIDTH));
      }
      if (progress.isComplete) return await print([line(COMPLETE)]);
      const open = progress.isSolved(exercise) ? progress.nextUnsolved()! : exercise;
      throw new UsageError(`Cannot go on: this is the last exercise, and ${pathOf(open)} is not solved yet`);
    },
  },
  previous: {
    help: "go back to the exercise before",
    async run(session) {
      const previous = session.progress.neighbour(-1);
      if (previous === undefined) throw new UsageError("Cannot go back: this is the first exercise");
      await session.goTo(previous);
      await print(exerciseLines(previous, WIDTH));
    },
  },
  hint: {
    help: "the next hint; there are three, and the last is almost the answer",
    async run({ progress }, exercise) {
      await progress.showHint(exercise);
      await print(hintLines(exercise, progress.hintsShown(exercise), WIDTH));
    },
  },
  solution: {
    help: "a solution of the exercise",
    run: async (_session, exercise) => await writeOutput(await solutionOf(exercise)),
  },
  reset: {
    help: "put the exercise's file back to how it was at first",
    async run(session, exercise) {
      await session.reset(exercise);
      await writeOutput(`${pathOf(exercise)} is as it was at first.\n`);
    },
  },
  check: {
    help: "go to the exercise and check it once; the exit code is 1 if it is not solved",
    async run(session, exercise) {
      await session.goTo(exercise);
      const verdict = (await session.check())!;
      await print(verdictLines(verdict, exercise, WIDTH));
      if (verdict.kind !== "right") throw new NotSolved(`${pathOf(exercise)} is not solved yet`);
    },
  },
};

/** For the exit code. */
class NotSolved extends Error {
  override name = "NotSolved";
  readonly code = "TOOL_FAILED";
}

/**
 * The exercise of that name: its id, or a part of it that only one has.
 * @throws {UsageError} if there is not exactly one
 */
export function findExercise({ exercises }: Course, name: string): Exercise {
  const wanted = name.replace(/^exercises\//, "").replace(/\.ts$/, "");
  const found = exercises.filter(({ id }) => id === wanted || id.endsWith(`/${wanted}`));
  const near = found.length > 0 ? found : exercises.filter(({ id }) => id.includes(wanted));
  if (near.length === 1) return near[0]!;
  throw new UsageError(
    near.length === 0
      ? `There is no exercise "${name}": deno task learn list shows them all`
      : `"${name}" may be ${near.map(({ id }) => id).join(" or ")}`,
  );
}

/**
 * The first exercise of a lesson: "11", "s11", "lesson 11" or the folder's name.
 * @throws {UsageError} if there is no such lesson
 */
export function findLesson({ lessons }: Course, name: string): Exercise {
  const number = /^(?:lesson\s*|s)?(\d+)$/i.exec(name.trim())?.[1]?.padStart(2, "0");
  const found = lessons.find(({ id }) => id === name || (number !== undefined && id.startsWith(`${number}_`)));
  if (found !== undefined) return found.exercises[0]!;
  const numbers = new Set(lessons.map(({ id }) => Number(id.slice(0, 2))));
  throw new UsageError(
    `There is no lesson "${name}": there are ${[...numbers].join(", ")}`,
  );
}

function print(lines: readonly Line[]): Promise<void> {
  const colours = Deno.stdout.isTerminal() && !Deno.noColor;
  return writeOutput(`${lines.map((each) => toText(each, colours)).join("\n")}\n`);
}
