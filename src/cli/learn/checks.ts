/**
 * What an exercise's checks are written with. A check runs the learner's functions and calls `wrong()` with what is wrong, in the
 * words of the lesson.
 */

/** One thing that a right answer does. `M` is the module of the solution: what the learner's file has to export. */
export interface Check<M> {
  /** What it does, as a sentence that is true when the check passes: "each number comes out doubled". */
  readonly shows: string;
  /** Whether {@link Check.shows} is not seen before the check passes. */
  readonly hidden?: boolean;
  /** Runs the learner's functions. Returns if they do what they should; calls `wrong()` or throws if not. */
  readonly run: (work: M, seen: Seen) => void | Promise<void>;
}

/** What a check may look at besides what the learner's functions return. */
export interface Seen {
  /** Takes the lines that have been printed since the last call. */
  takePrinted(): string[];
  /** The text of the learner's file. */
  readonly source: string;
}

/** An answer that is not right yet; the message says what is wrong. */
export class Wrong extends Error {
  override name = "Wrong";
  /** Lines to show below the message: a table, a drawing. */
  readonly picture: readonly string[];

  constructor(message: string, picture: readonly string[] = []) {
    super(message);
    this.picture = picture;
  }
}

/** Ends a check: this is wrong, and why. @param picture lines to show below it */
export function wrong(message: string, picture: readonly string[] = []): never {
  throw new Wrong(message, picture);
}

/** A result that the authors have seen coming, and what it means. */
export type Mistake<T> = readonly [outcome: T, meaning: string];

/** What a result is compared with. */
export interface Comparison<T> {
  readonly expected: T;
  /** The first one that the result equals says what is wrong. */
  readonly mistakes?: readonly Mistake<T>[];
  /** What is said of a result that is not among them; expected and found are shown below it. */
  readonly meaning: string | ((actual: T) => string);
  /** How a result is written where expected and found are shown; default: its JSON, a list's elements in lines of their own. */
  readonly show?: (result: T) => readonly string[];
}

/** Returns if the result is the expected one, calls `wrong()` with what it means if not. */
export function compare<T>(actual: T, comparison: Comparison<T>): void {
  const { expected, mistakes = [], meaning, show = showResult } = comparison;
  if (same(actual, expected)) return;
  const known = mistakes.find(([outcome]) => same(actual, outcome));
  const unknown = () =>
    Array.isArray(actual) && actual.length > 0 && actual.every((each) => each === undefined)
      ? "undefined came out: a function with braces returns nothing unless it says return."
      : typeof meaning === "string"
      ? meaning
      : meaning(actual);
  const words = known?.[1] ?? unknown();
  wrong(words, besideEachOther(show(expected), show(actual)));
}

/** Whether two plain values are equal; what JSON leaves out is not compared. */
export function same(a: unknown, b: unknown): boolean {
  return toText(a) === toText(b);
}

/** Keys in order: the order of fields is not a difference. */
function toText(value: unknown): string {
  return JSON.stringify(value, (_key, part) => {
    if (typeof part === "number" && !Number.isFinite(part)) return String(part);
    const isObject = typeof part === "object" && part !== null && !Array.isArray(part);
    return isObject ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part;
  }) ?? "undefined";
}

/** Elements of a list side by side, if that is short. */
function showResult(result: unknown): string[] {
  if (!Array.isArray(result)) return [shown(result)];
  if (result.length === 0) return ["(nothing)"];
  const elements = result.map(shown);
  const line = elements.join(" ");
  if (line.length <= 60 && !line.includes("{")) return [line];
  return result.every((each) => typeof each === "string") ? result : elements;
}

function shown(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}

/** What was expected and what was found: in two columns where there is room, with a sign where they part. */
function besideEachOther(expected: readonly string[], found: readonly string[]): string[] {
  const width = Math.max(...expected.map((each) => each.length), "expected".length);
  const isNarrow = [...expected, ...found].every((each) => each.length <= MAX_COLUMN);
  if (!isNarrow || (expected.length === 1 && found.length === 1)) {
    return ["expected:", ...expected.map(indent), "found:", ...found.map(indent)];
  }
  const rows = Array.from({ length: Math.max(expected.length, found.length) }, (_, index) => {
    const [left = "", right = ""] = [expected[index], found[index]];
    return `${left.padEnd(width)}   ${left === right ? right : `${right}  ←`.trimStart()}`;
  });
  return [`${"expected".padEnd(width)}   found`, ...rows];
}

const MAX_COLUMN = 32;

function indent(line: string): string {
  return `  ${line}`;
}

/** A wrong answer that the authors have thought of: the solution with one piece replaced. */
export interface WrongAnswer {
  /** A piece of the solution's text. */
  readonly replace: string;
  readonly by: string;
  /** A part of what the check says of it; no other wrong answer of the exercise is said to be the same. */
  readonly words: string;
}

/** What a workflow's outcome is compared with: that of others, which are wrong in ways that the authors know. */
export interface WorkflowComparison<W, T> extends Pick<Comparison<T>, "expected" | "meaning" | "show"> {
  /** Runs a workflow, on the same records each time. */
  readonly outcomeOf: (workflow: W) => Promise<T>;
  /** Wrong workflows, and what is said of one with the same outcome. */
  readonly mistakes: readonly (readonly [workflow: W, meaning: string])[];
}

/** Returns if a workflow's outcome is the expected one; if not, finds the mistake by running workflows that have it. */
export async function compareWithWorkflows<W, T = readonly string[]>(
  workflow: W,
  { outcomeOf, mistakes, ...comparison }: WorkflowComparison<W, T>,
): Promise<void> {
  const actual = await outcomeOf(workflow);
  if (same(actual, comparison.expected)) return;
  const outcomes: Mistake<T>[] = [];
  for (const [wrongOne, meaning] of mistakes) outcomes.push([await outcomeOf(wrongOne), meaning]);
  compare(actual, { ...comparison, mistakes: outcomes });
}
