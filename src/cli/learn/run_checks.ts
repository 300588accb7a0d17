/** Runs an exercise's checks on a module, and catches what it prints. In the program that happens in a worker, in tests without one. */
import { isExpected } from "../../engine/internal.ts";
import { type Check, type Seen, Wrong } from "./checks.ts";
import { ThrownErrors } from "./thrown_errors.ts";

/** What became of a check. */
export interface CheckResult {
  readonly shows: string;
  /** "waiting": one before it has failed. */
  readonly status: "passed" | "failed" | "waiting";
  /** Of one that failed: what is wrong. */
  readonly words?: string;
  readonly picture?: readonly string[];
}

/** What became of the learner's file. */
export interface CheckOutcome {
  readonly results: readonly CheckResult[];
  /** What the file has printed. */
  readonly printed: readonly string[];
}

/** What is seen of a hidden check until it passes. */
const HIDDEN = "a check that you see when it passes";

/** Runs the checks one after the other, up to the first that fails. */
export async function runChecks<M extends object>(
  checks: readonly Check<M>[],
  work: M,
  options: { readonly source: string; readonly fileName: string },
): Promise<CheckOutcome> {
  const printed: string[] = [];
  let taken = 0;
  const seen: Seen = {
    source: options.source,
    takePrinted() {
      const lines = printed.slice(taken);
      taken = printed.length;
      return lines;
    },
  };
  const results: CheckResult[] = [];
  // Checks run the file several times; what it has printed last is what belongs to what is said.
  let last: readonly string[] = [];
  using _console = catchConsole((line) => printed.push(...line.split("\n")));
  using thrown = new ThrownErrors();
  for (const { shows, hidden = false, run } of checks) {
    const seenBefore = hidden ? HIDDEN : shows;
    if (results.at(-1)?.status !== "passed" && results.length > 0) {
      results.push({ shows: seenBefore, status: "waiting" });
      continue;
    }
    const from = printed.length;
    thrown.take();
    try {
      await run(guarded(work), seen);
      results.push({ shows, status: "passed" });
    } catch (error) {
      const { words, picture } = describe(error, options.fileName);
      // What was thrown is the cause; what the check has found missing may be explained wrongly.
      const all = [thrown.take(), words].filter((each) => each !== undefined).join(" ");
      results.push({ shows: seenBefore, status: "failed", words: all, ...(picture && { picture }) });
    }
    if (printed.length > from) last = printed.slice(from);
  }
  return { results, printed: last };
}

/** Whether an outcome is a right answer. */
export function isRight({ results }: CheckOutcome): boolean {
  return results.length > 0 && results.every(({ status }) => status === "passed");
}

/** The module, which answers the question for a missing export in a sentence. */
function guarded<M extends object>(work: M): M {
  return new Proxy<M>({} as M, {
    get(_target, name) {
      if (Reflect.has(work, name)) return Reflect.get(work, name);
      throw new Wrong(`The file exports no "${String(name)}": its name, and "export" before it, have to stay.`);
    },
  });
}

function describe(error: unknown, fileName: string): Pick<CheckResult, "words" | "picture"> {
  if (error instanceof Wrong) return { words: error.message, picture: error.picture };
  if (!(error instanceof Error)) return { words: `Your code threw ${String(error)}.` };
  const cause = innermost(error);
  const line = lineIn(cause, fileName) ?? lineIn(error, fileName);
  const where = line === undefined ? "" : ` in line ${line} of ${fileName}`;
  const what = isExpected(error) || error.message.includes(cause.message)
    ? error.message
    : `${error.message} (${cause.message})`;
  return { words: `Your code did not get to the end: ${cause.name}${where}.`, picture: what.split("\n") };
}

function innermost(error: Error): Error {
  let each = error;
  while (each.cause instanceof Error) each = each.cause;
  return each;
}

/** The line of the learner's file at which an error was thrown, or from which the call went out that threw it. */
export function lineIn(error: Error, fileName: string): string | undefined {
  const frame = error.stack?.split("\n").find((line) => line.includes(`/${fileName}:`));
  return frame === undefined ? undefined : /:(\d+):\d+\)?$/.exec(frame)?.[1];
}

/** Hands over what is printed by `console` or a print sink, until it is disposed. */
export function catchConsole(take: (text: string) => void): Disposable {
  const real = console;
  const before = CONSOLE_METHODS.map((name) => [name, real[name]] as const);
  const caught = (...values: unknown[]) =>
    take(values.map((value) => typeof value === "string" ? value : Deno.inspect(value, { colors: false })).join(" "));
  for (const name of CONSOLE_METHODS) real[name] = caught;
  return {
    [Symbol.dispose]() {
      for (const [name, original] of before) real[name] = original;
    },
  };
}

const CONSOLE_METHODS = ["log", "info", "debug", "warn", "error"] as const;
