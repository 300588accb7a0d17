/** Command lines: flags as plain data, from which values, complaints and the help text are made. */
import { parseArgs } from "@std/cli/parse-args";
import { levenshteinDistance } from "@std/text/levenshtein-distance";
import { formatCount } from "../engine/internal.ts";

/** A command line or setting that cannot be used. Programs print its message alone and exit with 2. */
export class UsageError extends Error {
  /** The class's name. */
  override name = "UsageError";
  /** What follows from it, see docs/errors.md. */
  readonly code = "USAGE";
}

/** Not a failure: the user asked for `--help`. The message is the text to print; programs exit with 0. */
export class HelpRequested extends Error {
  /** The class's name. */
  override name = "HelpRequested";
  /** What follows from it, see docs/errors.md. */
  readonly code = "HELP_REQUESTED";
}

/** One flag of a command line, for {@link parseFlags} and for the help text that is made of it. */
export interface Flag<V = unknown> {
  /** Its name without dashes; left out, the property's name. */
  readonly name?: string;
  /** One letter: "c" makes `-c` the same flag. */
  readonly short?: string;
  /** What stands for its value in the help text. A flag without it is a switch: given or not. */
  readonly value?: string;
  /** Makes a value of its text; its error says what is wrong: `"5x" is not a duration`. Default: the text itself. */
  readonly parse?: (text: string) => V;
  /** Used when it is not given, exactly as if it were. */
  readonly default?: string;
  /** The value when it is not given, where no text could say it; its help has to. */
  readonly fallback?: V;
  /** One line. */
  readonly help: string;
}

/** The flags of a program. The name of a property is where {@link parseFlags} puts the flag's value. */
export type Flags = Readonly<Record<string, Flag>>;

/** What {@link parseFlags} makes of flags: parsed values, true or false for switches. */
export type FlagValues<F extends Flags> = { readonly [P in keyof F]: FlagValue<F[P]> };

/** What {@link parseFlags} makes of one flag. */
export type FlagValue<F> = F extends { readonly value: string }
  ? F extends { readonly parse: (text: string) => infer V } ? V | WithoutFlag<F> : string | WithoutFlag<F>
  : boolean;
/** Its value when it is not on the command line. */
export type WithoutFlag<F> = F extends { readonly default: string } ? never
  : F extends { readonly fallback: infer V } ? V
  : undefined;

/** What the help text says beside the flags, and how many arguments without a flag there may be. */
export interface CommandLine {
  /** "deno task gen" */
  readonly command: string;
  /** What it does, in a few lines. */
  readonly describe?: string;
  /** Names of its arguments: "TOPIC" must be given once, a last "TOPIC..." at least once; "[KEY]", "[ID...]" may be left out. */
  readonly positionals?: readonly string[];
}

/**
 * Values of the flags in `args`, and in `_` the arguments that belong to no flag.
 *
 * Strict: what it does not know, or has twice, or cannot read is an error that names it. A "--" before all others is skipped
 * where no argument without a flag is possible: other task runners want it between a task and its flags.
 *
 * @throws {UsageError} naming the flag, what was found and what was expected
 * @throws {HelpRequested} for `--help` or `-h`
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseDuration } from "@stream-apps/deno/job";
 *
 * const flags = {
 *   count: { value: "N", default: "10", parse: wholeNumber({ min: 1 }), help: "how many" },
 *   idleMs: { name: "idle", value: "DURATION", parse: parseDuration, help: "how long to wait" },
 *   json: { help: "as JSON" },
 * } as const;
 * const values = parseFlags(["--idle", "1.5s", "--json"], flags, { command: "example" });
 * assertEquals(values, { count: 10, idleMs: 1500, json: true, _: [] });
 * ```
 */
export function parseFlags<const F extends Flags>(
  args: readonly string[],
  flags: F,
  commandLine: CommandLine,
): FlagValues<F> & { readonly _: readonly string[] } {
  const all = Object.entries(flags).map(([property, flag]) => ({ ...flag, property, name: flag.name ?? property }));
  const switches = all.filter((flag) => flag.value === undefined).map((flag) => flag.name);
  const unknown: string[] = [];
  const positionals: string[] = [];
  const given = args[0] === "--" && (commandLine.positionals ?? []).length === 0 ? args.slice(1) : args;
  const found = parseArgs(joinNegativeNumbers(given, all), {
    string: all.filter((flag) => flag.value !== undefined).map((flag) => flag.name),
    boolean: [...switches, "help"],
    alias: Object.fromEntries([["help", "h"], ...all.flatMap(({ name, short }) => short ? [[name, short]] : [])]),
    // Every value of a flag is kept, so that a second one is seen.
    collect: [...all.map((flag) => flag.name), "help"],
    unknown: (arg: string, key?: string) => {
      (key === undefined ? positionals : unknown).push(arg);
      return false;
    },
  }) as Readonly<Record<string, unknown[]>>;

  if (found.help!.length > 0) throw new HelpRequested(helpText(flags, commandLine));
  const [firstUnknown] = unknown;
  if (firstUnknown !== undefined) throw unknownFlag(firstUnknown, [...all.map((flag) => flag.name), "help"]);
  for (const name of switches) {
    const assigned = given.find((arg) => arg.startsWith(`--${name}=`) && !/=(true|false)$/.test(arg));
    if (assigned !== undefined) throw new UsageError(`Cannot use ${assigned}: --${name} takes no value`);
  }

  const values: Record<string, unknown> = {};
  for (const flag of all) {
    const texts = found[flag.name] ?? [];
    if (texts.length > 1) throw new UsageError(`Cannot use --${flag.name}: it was given ${texts.length} times`);
    values[flag.property] = flag.value === undefined ? texts[0] === true : flagValue(flag, texts[0]);
  }
  positionals.push(...found._ as string[]); // what stood behind "--"
  checkPositionals(positionals, commandLine);
  return { ...values, _: positionals } as FlagValues<F> & { readonly _: readonly string[] };
}

/** The text for `--help`. */
export function helpText(flags: Flags, commandLine: CommandLine): string {
  const { command, describe, positionals = [] } = commandLine;
  const rows = Object.entries(flags).map(([property, { name = property, short, value, default: text, help }]) => [
    `${short ? `-${short}, ` : ""}--${name}${value ? ` ${value}` : ""}`,
    text === undefined ? help : `${help} (default: ${text})`,
  ]);
  rows.push(["-h, --help", "print this text"]);
  const width = Math.max(...rows.map(([left]) => left!.length));
  return [
    `Usage: ${[command, ...positionals, "[flags]"].join(" ")}`,
    ...(describe === undefined ? [] : ["", describe]),
    "",
    "Flags:",
    ...rows.map(([left, right]) => `  ${left!.padEnd(width)}  ${right}`),
  ].join("\n");
}

/** A reader of whole numbers for {@link Flag.parse}. */
export function wholeNumber(range: { min?: number; max?: number } = {}): (text: string) => number {
  const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = range;
  return (text) => {
    const value = Number(text);
    if (!/^[+-]?\d+$/.test(text) || !Number.isSafeInteger(value)) {
      throw new SyntaxError(`"${text}" is not a whole number`);
    }
    if (value < min) throw new RangeError(`it must be ${formatCount(min)} or more: found ${text}`);
    if (value > max) throw new RangeError(`it must be ${formatCount(max)} or less: found ${text}`);
    return value;
  };
}

/** A reader of fixed words for {@link Flag.parse}. */
export function oneOf<const V extends string>(...words: readonly V[]): (text: string) => V {
  return (text) => {
    const word = words.find((each) => each === text);
    if (word === undefined) throw new SyntaxError(`"${text}" is not one of ${words.join(", ")}`);
    return word;
  };
}

/** Those of `words` that are near enough to `word` to be what was meant, nearest first. */
export function nearest(word: string, words: readonly string[]): string[] {
  const wanted = word.toLowerCase();
  const limit = wanted.length < 4 ? 1 : Math.max(2, Math.floor(wanted.length / 3));
  const near: { word: string; distance: number }[] = [];
  for (const each of words) {
    const candidate = each.toLowerCase();
    const begins = wanted.length > 1 && (candidate.startsWith(wanted) || wanted.startsWith(candidate));
    const distance = begins ? 0.5 : levenshteinDistance(wanted, candidate) as number;
    if (distance <= limit) near.push({ word: each, distance });
  }
  return near.sort((a, b) => a.distance - b.distance).map((each) => each.word);
}

function flagValue(flag: Flag & { readonly name: string }, given: unknown): unknown {
  if (given === "") throw new UsageError(`Cannot use --${flag.name}: it needs a value, --${flag.name} ${flag.value}`);
  const text = given === undefined ? flag.default : String(given);
  if (text === undefined) return flag.fallback;
  return usable(`--${flag.name}`, () => flag.parse === undefined ? text : flag.parse(text));
}

/** Runs `parse` and puts the name of what it reads before its complaint. */
export function usable<V>(name: string, parse: () => V): V {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error;
    throw new UsageError(`Cannot use ${name}: ${error.message}`, { cause: error });
  }
}

/** `--rate -5` means the value -5, which std reads as a flag, and `--records -` the value "-". */
function joinNegativeNumbers(
  args: readonly string[],
  flags: readonly { readonly name: string; readonly short?: string; readonly value?: string }[],
): string[] {
  const takeValue = flags.filter((flag) => flag.value !== undefined);
  const heads = new Set(takeValue.flatMap(({ name, short }) => [`--${name}`, ...(short ? [`-${short}`] : [])]));
  const joined: string[] = [];
  for (const arg of args) {
    const head = joined.at(-1);
    if (/^-(\d|$)/.test(arg) && head !== undefined && heads.has(head)) joined.splice(-1, 1, `${head}=${arg}`);
    else joined.push(arg);
  }
  return joined;
}

function unknownFlag(arg: string, names: readonly string[]): UsageError {
  const flag = arg.replace(/=.*/s, "");
  const [near] = nearest(flag.replace(/^-+/, ""), names);
  const hint = near === undefined ? "" : ` Did you mean --${near}?`;
  return new UsageError(`Unknown flag ${flag}.${hint} --help lists all flags`);
}

function checkPositionals(found: readonly string[], { command, positionals = [] }: CommandLine): void {
  const missing = positionals[found.length];
  if (missing !== undefined && !missing.startsWith("[")) {
    throw new UsageError(`${missing} is missing: ${[command, ...positionals].join(" ")}`);
  }
  const endless = /\.\.\.\]?$/.test(positionals.at(-1) ?? "");
  const surplus = found[positionals.length];
  if (endless || surplus === undefined) return;
  throw new UsageError(`Unexpected argument "${surplus}": flags begin with --, and --help lists them`);
}
