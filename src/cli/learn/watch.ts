/** The learner at work: each save is checked, on a screen with keys or, where there is no terminal, in plain lines. */
import { writeOutput } from "../../utils.ts";
import { readKeys } from "../screen/keys.ts";
import { LiveView } from "../screen/live_view.ts";
import { COMPLETE, exerciseLines, hintLines, verdictLines } from "./exercise_view.ts";
import { type Line, line, toText } from "./prose.ts";
import { LearnScreen } from "./screen.ts";
import type { Session } from "./session.ts";

/** An editor writes a file in several steps; they are one save. */
const SETTLED_MS = 30;
const PLAIN_WIDTH = 96;

/** The session, and where its files are. */
export interface WatchOptions {
  /** Makes the session; what it is handed is called when something to be shown has changed. */
  readonly open: (onChange: () => void) => Session;
  /** The folder `exercises/`. */
  readonly folder: URL;
  /** The progress file's name in it. */
  readonly progressFile: string;
  readonly signal: AbortSignal;
}

/** On a terminal: the screen, until "q" or the signal. */
export async function watchOnScreen(options: WatchOptions): Promise<void> {
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  let draw = () => {};
  const session = options.open(() => (screen.show(), draw()));
  const screen = new LearnScreen(session);
  using view = new LiveView((size) => screen.render(size));
  draw = () => view.draw();
  signal.addEventListener("abort", () => session.leave());
  void session.check();
  const watching = watchFiles({ ...options, signal }, session, (what) => {
    if (what === "saved") screen.saved();
    else screen.arrived();
    void session.check();
  });
  for await (const key of readKeys(signal)) {
    if (!await screen.press(key)) break;
    view.draw();
  }
  stop.abort();
  await watching;
}

/** Elsewhere: each outcome in lines; what is solved leads on to the next. */
export async function watchInLines(options: WatchOptions): Promise<void> {
  const session = options.open(() => {});
  // Who ends it by a signal may end the type checker, too: that is no outcome.
  options.signal.addEventListener("abort", () => session.leave());
  const write = (lines: readonly Line[]) => writeOutput(`${lines.map((each) => toText(each, false)).join("\n")}\n\n`);
  const introduce = () => write(exerciseLines(session.exercise, PLAIN_WIDTH));
  const check = async (): Promise<void> => {
    const { exercise } = session;
    const verdict = await session.check();
    if (verdict === undefined) return;
    await write(verdictLines(verdict, exercise, PLAIN_WIDTH));
    if (verdict.kind !== "right") return;
    const next = session.progress.nextUnsolved();
    if (next === undefined) return await write([line(COMPLETE)]);
    await session.goTo(next);
    await introduce();
    await check();
  };
  // From now on: a save during the first check counts, too.
  const watching = watchFiles(options, session, check);
  await introduce();
  const { exercise, progress } = session;
  const hints = hintLines(exercise, progress.hintsShown(exercise), PLAIN_WIDTH);
  if (hints.length > 0) await write(hints);
  await check();
  await watching;
}

/** Calls back when the current exercise's file has been saved, or another exercise has become the current one. */
async function watchFiles(
  { folder, progressFile, signal }: WatchOptions,
  session: Session,
  onChange: (what: "saved" | "went on") => void,
): Promise<void> {
  using watcher = Deno.watchFs(await Deno.realPath(folder));
  const stop = () => watcher.close();
  signal.addEventListener("abort", stop);
  let timer: ReturnType<typeof setTimeout> | undefined;
  for await (const { kind, paths } of watcher) {
    let what: "saved" | "went on" = "saved";
    if (kind === "access") continue;
    const names = paths.map((path) => path.replaceAll("\\", "/"));
    if (names.some((name) => name.endsWith(`/${progressFile}`))) {
      const before = session.exercise;
      await session.progress.reload();
      if (session.exercise === before) continue;
      what = "went on";
    } else if (!names.some((name) => name.endsWith(`/${session.exercise.id}.ts`))) continue;
    clearTimeout(timer);
    timer = setTimeout(() => onChange(what), SETTLED_MS);
  }
  clearTimeout(timer);
}
