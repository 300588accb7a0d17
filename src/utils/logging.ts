/** Log lines and messages to standard error, data to standard output. */
import type { Logger, LogLevel } from "../engine/mod.ts";
import { oneOf, usable } from "./flags.ts";
import { Repeats } from "./repeats.ts";
import type { Environment } from "./environment.ts";

export type { Logger };

const encoder = new TextEncoder();

const LEVELS = ["debug", "info", "warn", "error"] as const satisfies LogLevel[];
/** What stands before messages of a level in text. */
const MARKS: Readonly<Record<LogLevel, string>> = { debug: "debug: ", info: "", warn: "warning: ", error: "error: " };

/**
 * A logger that writes one line a message to standard error, without clutter: what is not plain news is marked. A line begins
 * with its time, in UTC as every time that programs show: of the day at a terminal, with date and milliseconds elsewhere. With
 * LOG_FORMAT=json a line is an object `{ time, level, job, message }`. A message that comes more than ten times within a minute
 * is counted.
 * @throws {UsageError} if LOG_LEVEL is not debug, info, warn or error, or LOG_FORMAT is not text or json
 */
export function createLogger(
  options: {
    /** The least important level that is written; default: LOG_LEVEL, else "info". */
    level?: LogLevel;
    /** Takes a line without its end; left out: standard error. */
    write?: (line: string) => void;
    /** Gives the time of a line, ms since the Unix epoch; left out, lines that `write` takes have none. */
    now?: () => number;
    /** Whether somebody watches: default, whether standard error is a terminal, of this program or of the one that started it. */
    isTerminal?: boolean;
    env?: Environment;
    /** Whose messages they are, for JSON: the job's name, which then is not repeated in the message. */
    job?: string;
  } = {},
): Logger {
  const { level, write = writeErrorLine, env = Deno.env } = options;
  // A program that another one started, which shows its lines, writes for the other's terminal.
  const isTerminal = options.isTerminal ?? (Deno.stderr.isTerminal() || variable(env, SHOWN_BY_ANOTHER) === "1");
  const now = options.now ?? (options.write === undefined ? Date.now : undefined);
  const least = LEVELS.indexOf(level ?? usable("LOG_LEVEL", () => oneOf(...LEVELS)(env.get("LOG_LEVEL") || "info")));
  const format = usable("LOG_FORMAT", () => oneOf("text", "json")(variable(env, "LOG_FORMAT") || "text"));
  const repeats = new Repeats();
  const log = (level: LogLevel) => (text: string): void => {
    if (LEVELS.indexOf(level) < least) return;
    const message = repeats.take(text.trimEnd().replace(/\s*[\r\n]+\s*/g, " "));
    if (message === undefined) return;
    const ms = now?.();
    if (format === "json") return write(jsonLine({ ms, level, job: options.job, message }));
    write(`${ms === undefined ? "" : `${logTime(ms, isTerminal)} `}${MARKS[level]}${message}`);
  };
  return { debug: log("debug"), info: log("info"), warn: log("warn"), error: log("error") };
}

/** The variable by which a program lets those that it starts know that it shows their lines at a terminal. */
export const SHOWN_BY_ANOTHER = "LOG_AT_TERMINAL";

/** What a line in JSON holds. */
interface LogLine {
  readonly ms: number | undefined;
  readonly level: LogLevel;
  readonly job: string | undefined;
  readonly message: string;
}

function jsonLine({ ms, level, job, message }: LogLine): string {
  const prefix = `${job}: `;
  return JSON.stringify({
    ...ms !== undefined && { time: new Date(ms).toISOString() },
    level,
    ...job !== undefined && { job },
    message: message.startsWith(prefix) ? message.slice(prefix.length) : message,
  });
}

/** Programs that were allowed fewer variables go on as if it were not set. */
function variable(env: Environment, name: string): string | undefined {
  const isDenied = env === Deno.env && Deno.permissions.querySync({ name: "env", variable: name }).state !== "granted";
  return isDenied ? undefined : env.get(name);
}

function logTime(ms: number, isTerminal: boolean): string {
  const text = new Date(ms).toISOString();
  return isTerminal ? `${text.slice(11, 19)}Z` : text;
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
