/** Log lines and messages to standard error, data to standard output. */
import type { Logger, LogLevel } from "../engine/mod.ts";
import { oneOf, usable } from "./flags.ts";
import type { Environment } from "./environment.ts";

export type { Logger };

const encoder = new TextEncoder();

const LEVELS = ["debug", "info", "warn", "error"] as const satisfies LogLevel[];

/**
 * A logger that writes one line a message to standard error, without clutter: what is not plain news is marked. A line begins
 * with its time, in UTC as every time that programs show: of the day at a terminal, with date and milliseconds elsewhere.
 * @throws {UsageError} if LOG_LEVEL is not debug, info, warn or error
 */
export function createLogger(
  options: {
    /** The least important level that is written; default: LOG_LEVEL, else "info". */
    level?: LogLevel;
    /** Takes a line without its end; left out: standard error. */
    write?: (line: string) => void;
    /** Gives the time of a line, ms since the Unix epoch; left out, lines that `write` takes have none. */
    now?: () => number;
    /** Whether somebody watches: default, whether standard error is a terminal. */
    isTerminal?: boolean;
    env?: Environment;
  } = {},
): Logger {
  const { level, write = writeErrorLine, env = Deno.env, isTerminal = Deno.stderr.isTerminal() } = options;
  const now = options.now ?? (options.write === undefined ? Date.now : undefined);
  const least = LEVELS.indexOf(level ?? usable("LOG_LEVEL", () => oneOf(...LEVELS)(env.get("LOG_LEVEL") || "info")));
  const log = (rank: number, mark: string) => (message: string): void => {
    if (rank < least) return;
    const time = now === undefined ? "" : `${logTime(now(), isTerminal)} `;
    write(time + mark + message.trimEnd().replace(/\s*[\r\n]+\s*/g, " "));
  };
  return { debug: log(0, "debug: "), info: log(1, ""), warn: log(2, "warning: "), error: log(3, "error: ") };
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
