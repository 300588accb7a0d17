/** The learner's screen: what is shown, and what keys do. It draws lines; the terminal is `live_view.ts`. */
import { Canvas, clip, type Style } from "../screen/canvas.ts";
import type { ScreenSize } from "../screen/live_view.ts";
import type { Exercise } from "./course.ts";
import { COMPLETE, exerciseLines, hintLines, listLines, pathOf, verdictLines } from "./exercise_view.ts";
import type { Key } from "../screen/keys.ts";
import { type Line, line } from "./prose.ts";
import { type Session, solutionOf } from "./session.ts";

/** Lines of text are read best when they are not much longer. */
const MAX_TEXT_WIDTH = 96;
const PAGE = 10;
/** What keys move by, in lines. */
const STEPS: Readonly<Record<string, number>> = {
  up: -1,
  down: 1,
  k: -1,
  j: 1,
  "page up": -PAGE,
  "page down": PAGE,
  " ": PAGE,
};

/** What takes the middle of the screen. */
type Page =
  | { readonly kind: "exercise" }
  | { readonly kind: "list"; chosen: Exercise }
  | { readonly kind: "solution"; readonly text: string }
  | { readonly kind: "reset?" };

const EXERCISE: Page = { kind: "exercise" };

/** The screen of a session. */
export class LearnScreen {
  readonly #session: Session;
  #page: Page = EXERCISE;
  /** The first line that is shown; undefined: so that what is new can be seen. */
  #top: number | undefined;
  /** Whoever has just come to an exercise reads its text first, whatever is said of the file. */
  #isNew = true;
  #note = "";

  constructor(session: Session) {
    this.#session = session;
  }

  /** Something has changed: it is to be seen, wherever the learner has scrolled to. */
  show(): void {
    this.#top = undefined;
  }

  /** The learner has saved the file: from now on what is said of it comes first. */
  saved(): void {
    this.#isNew = false;
  }

  /** Another exercise is shown. */
  arrived(): void {
    this.#isNew = true;
    this.#open(EXERCISE);
  }

  /** Does what a key is for. @returns false if it ends the program */
  async press(pressed: Key): Promise<boolean> {
    const key = pressed.toLowerCase();
    this.#note = "";
    // From a list or a solution it leads back, as other keys do.
    if (key === "q" && this.#page.kind === "exercise") return false;
    if (this.#page.kind === "list" && await this.#pressInList(this.#page, key)) return true;
    if (this.#page.kind === "reset?") {
      if (key === "y") await this.#reset();
      this.#page = EXERCISE;
      return true;
    }
    if (this.#scroll(key)) return true;
    if (this.#page.kind !== "exercise") {
      this.#open(EXERCISE);
      // Whoever presses another command's key there means it.
      if (!"hnplrs".includes(key)) return true;
    }
    await this.#command(key);
    return true;
  }

  /** Exactly as many lines as the screen has rows. */
  render({ columns, rows, colours }: ScreenSize): string[] {
    const canvas = new Canvas(columns, rows);
    const width = Math.min(columns - 4, MAX_TEXT_WIDTH);
    const { lines, newest } = this.#content(width);
    const room = rows - 4;
    const last = Math.max(0, lines.length - room);
    // What was said last is more important than the beginning of the text.
    const fitting = newest === undefined ? 0 : Math.min(last, Math.max(0, newest));
    const top = this.#top = Math.min(this.#top ?? fitting, last);
    this.#drawHead(canvas);
    lines.slice(top, top + room).forEach((each, index) => drawLine(canvas, 2, index + 2, each));
    if (top > 0) canvas.putRight(columns, 1, "↑ more ", "dim");
    if (top < last) canvas.putRight(columns, rows - 2, "↓ more ", "dim");
    this.#drawFoot(canvas);
    return canvas.lines(colours);
  }

  /** The page's lines, and the one from which on the newest of it stands. */
  #content(width: number): { lines: Line[]; newest?: number } {
    const { exercise, verdict, progress } = this.#session;
    const page = this.#page;
    switch (page.kind) {
      case "list": {
        const lines = listLines(this.#session, page.chosen);
        return { lines, newest: lines.findIndex(([first]) => first?.text === "▶ ") - 8 };
      }
      case "solution":
        return {
          lines: [
            line(`A solution of ${pathOf(exercise)}`, "bold"),
            [],
            ...page.text.trimEnd().split("\n").map((each) => line(each, "cyan")),
          ],
        };
      default: {
        const text = exerciseLines(exercise, width);
        const hints = hintLines(exercise, progress.hintsShown(exercise), width);
        const said = verdictLines(verdict, exercise, width);
        const lines = [...text, [], ...(hints.length > 0 ? [...hints, []] : []), ...said];
        return this.#isNew ? { lines } : { lines, newest: text.length };
      }
    }
  }

  #drawHead(canvas: Canvas): void {
    const { course, progress, exercise } = this.#session;
    const { length } = course.exercises;
    const solved = progress.solvedCount;
    const bar = 16;
    const full = Math.floor((solved / length) * bar);
    let x = canvas.put(2, 0, "learn  ", "bold");
    x = canvas.put(x, 0, "▰".repeat(full), "green");
    x = canvas.put(x, 0, "▱".repeat(bar - full), "dim");
    x = canvas.put(x, 0, `  ${solved} of ${length} solved`);
    canvas.putRight(canvas.columns - 2, 0, clip(exercise.lesson.title, canvas.columns - 4 - x), "dim");
  }

  #drawFoot(canvas: Canvas): void {
    const y = canvas.rows - 1;
    if (this.#note !== "") canvas.put(2, y - 1, this.#note, "yellow");
    let x = 2;
    for (const [key, what] of this.#keys()) {
      x = canvas.put(x, y, key, "cyan");
      x = canvas.put(x, y, ` ${what}   `, "dim");
    }
  }

  #keys(): readonly (readonly [string, string])[] {
    const { progress, exercise } = this.#session;
    switch (this.#page.kind) {
      case "reset?":
        return [["y", "yes, undo all that I have written in this file"], ["any other key", "no"]];
      case "list":
        return [["↑ ↓", "choose"], ["Enter", "go there"], ["Esc", "back"]];
      case "solution":
        return [["↑ ↓", "scroll"], ["Esc", "back"]];
      default: {
        const left = exercise.hints.length - progress.hintsShown(exercise);
        return [
          ["n", progress.isSolved(exercise) ? "next" : "skip"],
          ...(left > 0 ? [["h", `hint (${left})`] as const] : []),
          ["s", "solution"],
          ["l", "list"],
          ["p", "previous"],
          ["r", "reset"],
          ["q", "quit"],
        ];
      }
    }
  }

  async #command(key: string): Promise<void> {
    const session = this.#session;
    const { exercise, progress } = session;
    switch (key) {
      case "h":
        if (progress.hintsShown(exercise) === exercise.hints.length) this.#note = "There is no further hint.";
        await progress.showHint(exercise);
        this.#isNew = false;
        return this.show();
      case "s":
        return this.#open({ kind: "solution", text: await solutionOf(exercise) });
      case "l":
        return this.#open({ kind: "list", chosen: exercise });
      case "r":
        return this.#open({ kind: "reset?" });
      case "n":
      case "enter":
        if (key === "enter" && !progress.isSolved(exercise)) return;
        return await this.#next();
      case "p":
        return await this.#goTo(progress.neighbour(-1));
    }
  }

  async #next(): Promise<void> {
    const { progress } = this.#session;
    const next = progress.neighbour(1);
    if (next !== undefined) return await this.#goTo(next);
    this.#note = progress.isComplete ? COMPLETE : "That was the last one; some are not solved.";
  }

  async #goTo(exercise: Exercise | undefined): Promise<void> {
    if (exercise === undefined) return;
    this.arrived();
    await this.#session.goTo(exercise);
    void this.#session.check();
  }

  async #reset(): Promise<void> {
    await this.#session.reset();
    this.#note = "It is as it was at first.";
  }

  async #pressInList(page: Page & { kind: "list" }, key: string): Promise<boolean> {
    const { exercises } = this.#session.course;
    const step = STEPS[key];
    if (step !== undefined) {
      const at = Math.min(exercises.length - 1, Math.max(0, exercises.indexOf(page.chosen) + step));
      page.chosen = exercises[at]!;
      this.show();
      return true;
    }
    if (key !== "enter") return false;
    await this.#goTo(page.chosen);
    return true;
  }

  #scroll(key: string): boolean {
    const step = STEPS[key];
    if (step === undefined) return false;
    this.#top = Math.max(0, (this.#top ?? 0) + step);
    return true;
  }

  #open(page: Page): void {
    this.#page = page;
    this.show();
  }
}

function drawLine(canvas: Canvas, x: number, y: number, spans: Line): void {
  for (const { text, style } of spans) x = canvas.put(x, y, text, style as Style | undefined);
}
