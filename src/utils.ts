/**
 * Small things that every lesson shares: command line, settings, times, logging, and how a program ends.
 *
 * Only functions read the environment or the command line, never the loading of this module.
 */
import { parseArgs } from "@std/cli/parse-args";
import { levenshteinDistance } from "@std/text/levenshtein-distance";
import type { BrokerSettings } from "./connectors/open_broker.ts";
import type { Logger } from "./engine/logger.ts";

export type { BrokerSettings, Logger };

// ---------------------------------------------------------------------------------------------- errors of the user

/** A command line or setting that can not be used. Programs print its message alone and exit with 2. */
export class UsageError extends Error {
  override name = "UsageError";
  readonly expected = true;
}

/** Not a failure: the user asked for `--help`. The message is the text to print; programs exit with 0. */
export class HelpRequested extends Error {
  override name = "HelpRequested";
  readonly expected = true;
}

// ------------------------------------------------------------------------------------------------------------ flags

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
  readonly otherwise?: V;
  /** One line. */
  readonly help: string;
}

/** The flags of a program. The name of a property is where {@link parseFlags} puts the flag's value. */
export type Flags = Readonly<Record<string, Flag>>;

/** What {@link parseFlags} makes of flags: parsed values, true or false for switches. */
export type FlagValues<F extends Flags> = { readonly [P in keyof F]: FlagValue<F[P]> };

type FlagValue<F> = F extends { readonly value: string }
  ? F extends { readonly parse: (text: string) => infer V } ? V | WithoutFlag<F> : string | WithoutFlag<F>
  : boolean;
type WithoutFlag<F> = F extends { readonly default: string } ? never
  : F extends { readonly otherwise: infer O } ? O
  : undefined;

/** What the help text says beside the flags, and how many arguments without a flag there may be. */
export interface CommandLine {
  /** "deno task gen" */
  readonly command: string;
  /** What it does, in a few lines. */
  readonly describe?: string;
  /** Names of its arguments: "TOPIC" must be given once, a last "TOPIC..." at least once. */
  readonly positionals?: readonly string[];
}

/**
 * Values of the flags in `args`, and in `_` the arguments that belong to no flag.
 *
 * Strict: what it does not know, or has twice, or can not read is an error that names it.
 *
 * @throws {UsageError} naming the flag, what was found and what was expected
 * @throws {HelpRequested} for `--help` or `-h`
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
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
  const found = parseArgs(joinNegativeNumbers(args, all), {
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
  const [stranger] = unknown;
  if (stranger !== undefined) throw unknownFlag(stranger, [...all.map((flag) => flag.name), "help"]);
  for (const name of switches) {
    const assigned = args.find((arg) => arg.startsWith(`--${name}=`) && !/=(true|false)$/.test(arg));
    if (assigned !== undefined) throw new UsageError(`Cannot use ${assigned}: --${name} takes no value`);
  }

  const values: Record<string, unknown> = {};
  for (const flag of all) {
    const given = found[flag.name] ?? [];
    if (given.length > 1) throw new UsageError(`Cannot use --${flag.name}: it was given ${given.length} times`);
    values[flag.property] = flag.value === undefined ? given[0] === true : flagValue(flag, given[0]);
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
  if (text === undefined) return flag.otherwise;
  return usable(`--${flag.name}`, () => flag.parse === undefined ? text : flag.parse(text));
}

/** Runs `parse` and puts the name of what it reads before its complaint. */
function usable<V>(name: string, parse: () => V): V {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error;
    throw new UsageError(`Cannot use ${name}: ${error.message}`, { cause: error });
  }
}

/** `--rate -5` means the value -5, which std reads as a flag. */
function joinNegativeNumbers(
  args: readonly string[],
  flags: readonly { readonly name: string; readonly short?: string; readonly value?: string }[],
): string[] {
  const takeValue = flags.filter((flag) => flag.value !== undefined);
  const heads = new Set(takeValue.flatMap(({ name, short }) => [`--${name}`, ...(short ? [`-${short}`] : [])]));
  const joined: string[] = [];
  for (const arg of args) {
    const head = joined.at(-1);
    if (/^-\d/.test(arg) && head !== undefined && heads.has(head)) joined.splice(-1, 1, `${head}=${arg}`);
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
  if (missing !== undefined) throw new UsageError(`${missing} is missing: ${[command, ...positionals].join(" ")}`);
  const endless = positionals.at(-1)?.endsWith("...") ?? false;
  const surplus = found[positionals.length];
  if (endless || surplus === undefined) return;
  throw new UsageError(`Unexpected argument "${surplus}": flags begin with --, and --help lists them`);
}

// ------------------------------------------------------------------------------------------- times, numbers, bytes

/**
 * A moment in ms since the Unix epoch, from ISO 8601 without zone (the machine's) or with one, or epoch milliseconds.
 * A date alone is its midnight.
 * @throws {SyntaxError} if the text is none of these
 * @throws {RangeError} if it names a day or a time of day that does not exist
 */
export function parseTime(text: string): number {
  if (/^-?\d+$/.test(text)) return Number(text);
  const [, day, timeOfDay = "T00:00"] = /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?$/
    .exec(text) ?? [];
  if (day === undefined) {
    throw new SyntaxError(
      `"${text}" is not a time such as 2026-10-19T12:34:56 (this machine's zone), 2026-10-19T12:34:56Z ` +
        "or milliseconds since 1970",
    );
  }
  const ms = Date.parse(day + timeOfDay);
  // Date.parse() reads 30 February as 2 March.
  const midnight = new Date(`${day}T00:00Z`);
  if (Number.isNaN(ms) || Number.isNaN(midnight.getTime()) || !midnight.toISOString().startsWith(day)) {
    throw new RangeError(`"${text}" is a time that does not exist`);
  }
  return ms;
}

/**
 * Where to begin reading: "earliest", "latest" or a {@link parseTime}.
 * @throws {SyntaxError | RangeError} if the text is none of these
 */
export function parseStart(text: string): "earliest" | "latest" | number {
  if (text === "earliest" || text === "latest") return text;
  try {
    return parseTime(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new SyntaxError(`"${text}" is neither earliest nor latest; ${error.message}`, { cause: error });
  }
}

/**
 * ms of "500ms", "10s", "1.5s", "1m" or "2h".
 * @throws {SyntaxError} if the text is no such duration
 */
export function parseDuration(text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
  if (amount === undefined) throw new SyntaxError(`"${text}" is not a duration such as 500ms, 10s, 1m or 2h`);
  return Math.round(Number(amount) * { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[unit as "ms" | "s" | "m" | "h"]);
}

/**
 * A {@link parseDuration} that is not 0.
 * @throws {RangeError} if it is
 */
export function parsePositiveDuration(text: string): number {
  const ms = parseDuration(text);
  if (ms === 0) throw new RangeError(`it must be longer than nothing: found "${text}"`);
  return ms;
}

/** "1,204" */
export function formatCount(count: number): string {
  return count.toLocaleString("en-US");
}

const encoder = new TextEncoder();
const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The bytes of compact JSON. */
export function encodeJson(value: unknown): Uint8Array<ArrayBuffer> {
  return encoder.encode(JSON.stringify(value));
}

/** The text that `bytes` are in UTF-8, exactly (a byte order mark stays); undefined if they are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return strictDecoder.decode(bytes);
  } catch {
    return undefined;
  }
}

// --------------------------------------------------------------------------------------------- settings and logging

/** Where programs read settings from; `Deno.env` is one. */
export interface Environment {
  get(name: string): string | undefined;
}

/**
 * Which broker to use, from BOOTSTRAP_SERVERS, BROKER, BROKER_DIR (default: .broker) and BROKER_SYNC (default: normal).
 * @throws {UsageError} naming the variable that can not be used
 */
export function brokerSettings(env: Environment = Deno.env): BrokerSettings {
  const setting = <V>(name: string, parse: (text: string) => V): V | undefined => {
    const text = env.get(name)?.trim();
    return text === undefined || text === "" ? undefined : usable(name, () => parse(text));
  };
  const bootstrapServers = setting("BOOTSTRAP_SERVERS", parseServers);
  const broker = setting("BROKER", oneOf("kafka", "embedded"));
  return {
    ...(bootstrapServers && { bootstrapServers }),
    ...(broker && { broker }),
    dir: setting("BROKER_DIR", (text) => text) ?? ".broker",
    sync: setting("BROKER_SYNC", oneOf("normal", "full")) ?? "normal",
  };
}

function parseServers(text: string): string[] {
  return text.split(",").map((part) => {
    const server = part.trim();
    const [, port] = /^(?:[^\s:/]+|\[[\da-f:.]+\]):(\d{1,5})$/i.exec(server) ?? [];
    if (port === undefined || Number(port) < 1 || Number(port) > 65_535) {
      throw new SyntaxError(`"${server}" is not host:port such as localhost:9092`);
    }
    return server;
  });
}

const LEVELS = ["debug", "info", "warn", "error"] as const;

/**
 * A logger that writes one line a message to standard error, without clutter: what is not plain news is marked.
 * @throws {UsageError} if LOG_LEVEL is none of debug, info, warn, error
 */
export function createLogger(
  options: {
    /** The least important level that is written; default: LOG_LEVEL, else "info". */
    level?: typeof LEVELS[number];
    /** Takes a line without its end. */
    write?: (line: string) => void;
    env?: Environment;
  } = {},
): Logger {
  const { level, write = writeErrorLine, env = Deno.env } = options;
  const least = LEVELS.indexOf(level ?? usable("LOG_LEVEL", () => oneOf(...LEVELS)(env.get("LOG_LEVEL") || "info")));
  const log = (rank: number, mark: string) => (message: string): void => {
    if (rank >= least) write(mark + message.trimEnd().replace(/\s*[\r\n]+\s*/g, " "));
  };
  return { debug: log(0, "debug: "), info: log(1, ""), warn: log(2, "warning: "), error: log(3, "error: ") };
}

/** Writes a line to standard error, at once. */
export function writeErrorLine(line: string): void {
  writeError(`${line}\n`);
}

/** Writes text to standard error, at once; nobody there to read it is no reason to fail. */
export function writeError(text: string): void {
  let rest: Uint8Array = encoder.encode(text);
  try {
    while (rest.length > 0) rest = rest.subarray(Deno.stderr.writeSync(rest));
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

/**
 * Writes text to standard output, all of it. Large pieces are much faster than lines.
 * @throws {Deno.errors.BrokenPipe} if its reader has gone (`… | head`); `runMain()` ends quietly then
 */
export async function writeOutput(text: string): Promise<void> {
  let rest: Uint8Array = encoder.encode(text);
  while (rest.length > 0) rest = rest.subarray(await Deno.stdout.write(rest));
}

// ------------------------------------------------------------------------------------------------- options of a job

/** `--now`, for a job that compares with the present: a function that gives ms since the Unix epoch. */
export const NOW_FLAG = {
  value: "TIME",
  parse: (text: string): () => number => {
    const ms = parseTime(text);
    return () => ms;
  },
  otherwise: Date.now,
  help: "what counts as the present moment (default: the machine's clock)",
} as const satisfies Flag;

/** `--window`, for a job with windows. */
export const WINDOW_FLAG = {
  name: "window",
  value: "DURATION",
  default: "1m",
  parse: parsePositiveDuration,
  help: "length of a window",
} as const satisfies Flag;

/** `--out-of-orderness`, for a job with watermarks. */
export const OUT_OF_ORDERNESS_FLAG = {
  name: "out-of-orderness",
  value: "DURATION",
  default: "0s",
  parse: parseDuration,
  help: "how long a window waits for records that come behind later ones",
} as const satisfies Flag;

const JOB_FLAGS = {
  from: {
    value: "earliest|latest|TIME",
    default: "latest",
    parse: parseStart,
    help: "where the job begins if it has no commit yet; else it goes on from its commit",
  },
  reset: { help: "forget the job's commit first: positions, state, timers, watermarks" },
  bounded: { help: "stop at what is the end of the topics now; every window fires" },
  idleMs: {
    name: "idle",
    value: "DURATION",
    default: "60s",
    parse: parseDuration,
    help: "after so long without a record a partition no longer holds back the others' time",
  },
  delivery: {
    value: "exactly-once|at-least-once",
    default: "exactly-once",
    parse: oneOf("exactly-once", "at-least-once"),
    help: "what a crash may do to results: nothing, or repeat some",
  },
  commitIntervalMs: {
    name: "commit-interval",
    value: "DURATION",
    default: "1s",
    parse: parsePositiveDuration,
    help: "time between two commits; results become visible with a commit",
  },
  sessionTimeoutMs: {
    name: "session-timeout",
    value: "DURATION",
    default: "10s",
    parse: parsePositiveDuration,
    help: "after so long without a sign of life another process takes the job over",
  },
  print: { help: "print every result to standard output too" },
} as const satisfies Flags;

/** What the command line and the environment say about a job. */
export type JobOptions<F extends Flags = Record<never, Flag>> =
  & FlagValues<typeof JOB_FLAGS>
  & FlagValues<F>
  & { readonly jobName: string; readonly logger: Logger; readonly settings: BrokerSettings };

/**
 * Reads the options that every job has, and those in `flags` that only this one has.
 *
 * @param options.flags such as `{ now: NOW_FLAG, windowMs: WINDOW_FLAG }`: the property is where the value goes
 * @param options.command how it is started, for the help text: "deno task s16"
 * @param options.describe what the job does, for the help text
 * @throws {UsageError} naming the flag or variable that can not be used
 * @throws {HelpRequested} for `--help`
 */
export function jobOptions<const F extends Flags = Record<never, Flag>>(
  jobName: string,
  args: readonly string[],
  options: { flags?: F; command?: string; describe?: string; env?: Environment } = {},
): JobOptions<F> {
  const { command = jobName, describe = `Runs the job ${jobName}.`, env = Deno.env } = options;
  const { _: _none, ...values } = parseFlags(args, { ...options.flags, ...JOB_FLAGS }, { command, describe });
  return { ...values, jobName, logger: createLogger({ env }), settings: brokerSettings(env) } as unknown as JobOptions<
    F
  >;
}

// ------------------------------------------------------------------------------------------------- how a program ends

/** Why a program was asked to stop: the reason of the signal that `runMain()` hands to it. */
export class Interrupted extends Error {
  override name = "Interrupted";
  readonly expected = true;
  constructor(readonly signal: "SIGINT" | "SIGTERM") {
    super(`Interrupted by ${signal}`);
  }
}

/** What `runMain()` needs of the process; tests hand in their own. */
export interface Process {
  /** @returns what stops listening */
  onSignal(signal: "SIGINT" | "SIGTERM", listener: () => void): () => void;
  /** Errors that no one awaits. @returns what stops listening */
  onUncaught(listener: (error: unknown) => void): () => void;
  writeOutput(text: string): Promise<void>;
  writeErrorLine(line: string): void;
  exit(code: number): void;
}

/**
 * Runs a program to its end and exits: 0 finished (or SIGTERM and a clean end), 1 failed, 2 wrong usage, 130 Ctrl-C.
 *
 * Ctrl-C and SIGTERM abort the signal that `main` gets; a second Ctrl-C ends the process at once. An error marked as
 * `expected`, a user's mistake or the state of the world, is printed as one sentence; any other with its stack.
 */
export async function runMain(
  main: (signal: AbortSignal) => Promise<void>,
  process: Process = DENO_PROCESS,
): Promise<void> {
  const controller = new AbortController();
  const stopListening = [
    process.onSignal("SIGINT", () => {
      const again = controller.signal.aborted && (controller.signal.reason as Interrupted).signal === "SIGINT";
      if (again) process.exit(130);
      else controller.abort(new Interrupted("SIGINT"));
    }),
    process.onSignal("SIGTERM", () => controller.abort(new Interrupted("SIGTERM"))),
    process.onUncaught((error) => process.exit(fail(error))),
  ];

  let code: number;
  try {
    await main(controller.signal);
    code = cleanExitCode();
  } catch (error) {
    code = await endWith(error);
  }
  for (const stop of stopListening) stop();
  process.exit(code);

  function cleanExitCode(): number {
    const { aborted, reason } = controller.signal;
    return aborted && (reason as Interrupted).signal === "SIGINT" ? 130 : 0;
  }

  async function endWith(error: unknown): Promise<number> {
    if (controller.signal.aborted && causes(error).includes(controller.signal.reason)) return cleanExitCode();
    if (error instanceof HelpRequested) {
      await process.writeOutput(`${error.message}\n`).catch(() => {}); // nobody reads on
      return 0;
    }
    if (causes(error).some((cause) => cause instanceof Deno.errors.BrokenPipe)) return 0;
    return fail(error);
  }

  function fail(error: unknown): number {
    process.writeErrorLine(`error: ${describeError(error)}`);
    return error instanceof UsageError ? 2 : 1;
  }
}

/**
 * What to tell a person about an error: a sentence if it is `expected` or a permission is missing, else where it comes
 * from too, for it is a bug, ours or a user function's.
 */
export function describeError(error: unknown): string {
  const denied = causes(error).find((cause) => cause instanceof Deno.errors.NotCapable);
  if (denied !== undefined) return describeDenial(denied);
  if (!(error instanceof Error)) return String(error);
  if ((error as { expected?: unknown }).expected !== true) {
    return Deno.inspect(error, { colors: false }).replace(/^Error: /, "");
  }
  let sentence = error.message;
  for (const cause of causes(error).slice(1)) {
    const message = cause instanceof Error ? cause.message : String(cause);
    if (message !== "" && !sentence.includes(message)) sentence += ` (${message})`;
  }
  return sentence;
}

function describeDenial({ message }: Error): string {
  const [, what, permission] = /^Requires (.+?), run again with the (--[\w-]+) flag/.exec(message) ?? [];
  if (permission === undefined) return message;
  return `Deno denied ${what}: add ${permission}, or start it with "deno task", which allows what it needs`;
}

/** The error, its cause, the cause of that, … */
function causes(error: unknown): unknown[] {
  const chain: unknown[] = [];
  for (let each = error; each !== undefined && each !== null && !chain.includes(each);) {
    chain.push(each);
    each = each instanceof Error ? each.cause : undefined;
  }
  return chain;
}

const DENO_PROCESS: Process = {
  onSignal(signal, listener) {
    try {
      Deno.addSignalListener(signal, listener);
    } catch (error) {
      if (error instanceof TypeError) return () => {}; // Windows has no SIGTERM
      throw error;
    }
    return () => Deno.removeSignalListener(signal, listener);
  },
  onUncaught(listener) {
    const onRejection = (event: PromiseRejectionEvent): void => {
      event.preventDefault();
      listener(event.reason);
    };
    const onError = (event: ErrorEvent): void => {
      event.preventDefault();
      listener(event.error);
    };
    globalThis.addEventListener("unhandledrejection", onRejection);
    globalThis.addEventListener("error", onError);
    return () => {
      globalThis.removeEventListener("unhandledrejection", onRejection);
      globalThis.removeEventListener("error", onError);
    };
  },
  writeOutput,
  writeErrorLine,
  exit: (code) => Deno.exit(code),
};
