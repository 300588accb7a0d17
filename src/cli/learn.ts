/**
 * `deno task learn`: the course by doing. It leads from exercise to exercise; each is a file in `exercises/` that is checked on
 * every save, and the outcome is said in the words of the lesson.
 *
 * No broker is needed. What the learner writes runs in a worker without any permission.
 */
import { type CommandLine, type Flags, HelpRequested, helpText, parseFlags, runMain, UsageError } from "../utils.ts";
import { COMMANDS, findExercise, findLesson } from "./learn/commands.ts";
import { readCourse } from "./learn/course.ts";
import { Progress } from "./learn/progress.ts";
import { Session } from "./learn/session.ts";
import { TypeCheck } from "./learn/type_check.ts";
import { watchInLines, watchOnScreen } from "./learn/watch.ts";
import { closeViewOnErrors } from "./screen/live_view.ts";
import { ROOT } from "../utils/task.ts";
import { findCommand } from "./tool.ts";

const FLAGS = {
  from: { value: "LESSON", help: "begin with this lesson: --from 11" },
} as const satisfies Flags;

const COMMAND_LINE: CommandLine = {
  command: "deno task learn",
  positionals: ["[COMMAND]", "[EXERCISE]"],
  describe: [
    "Leads through the course by exercises: each is a file in exercises/, which is checked on every save.",
    "Without a command it shows the exercise that you are at, and waits for saves; keys do what the commands do.",
    "",
    "Commands:",
    ...Object.entries(COMMANDS).map(([name, { help }]) => `  ${name.padEnd(9)} ${help}`),
    "  time      what event time does, drawn step by step; time --help shows more",
  ].join("\n"),
};

const FOLDER = new URL("exercises/", ROOT);
const PROGRESS_FILE = ".progress.json";

/** Runs the command, or leads through the exercises until the signal. */
export async function learn(signal: AbortSignal, args: readonly string[] = Deno.args): Promise<void> {
  if (args.length === 1 && args[0] === "help") throw new HelpRequested(helpText(FLAGS, COMMAND_LINE));
  if (args[0] === "time") return await (await import("./learn/time.ts")).showTime(signal, args.slice(1));
  const { from, _: [name, exerciseName] } = parseFlags(args, FLAGS, COMMAND_LINE);
  const command = name === undefined ? undefined : findCommand(COMMANDS, name);
  const course = await readCourse(FOLDER);
  if (course.exercises.length === 0) throw new UsageError(`There are no exercises in ${FOLDER.pathname}`);
  const progress = await Progress.open(course, new URL(PROGRESS_FILE, FOLDER));
  if (from !== undefined) await progress.goTo(findLesson(course, from));
  await using types = new TypeCheck(ROOT);
  if (command !== undefined) {
    const exercise = exerciseName === undefined ? progress.current : findExercise(course, exerciseName);
    return await command.run(new Session({ course, progress, types }), exercise);
  }
  const open = (onChange: () => void) => new Session({ course, progress, types, onChange });
  const options = { open, folder: FOLDER, progressFile: PROGRESS_FILE, signal };
  await (Deno.stdin.isTerminal() && Deno.stdout.isTerminal() ? watchOnScreen(options) : watchInLines(options));
}

if (import.meta.main) {
  closeViewOnErrors();
  await runMain(learn);
}
