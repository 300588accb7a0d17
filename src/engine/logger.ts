/** Logs messages for the person who runs a job. */
export interface Logger {
  /** Details for finding an error. */
  debug(message: string): void;
  /** What the job does. */
  info(message: string): void;
  /** What may need attention. */
  warn(message: string): void;
  /** What has ended the job. */
  error(message: string): void;
}

/** Logs nothing. It is never a default: what a job drops would not be noticed. */
export const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** How important a message is. */
export type LogLevel = "debug" | "info" | "warn" | "error";

const LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/**
 * Logs to standard error, one line for each message, marked with its level above "info". An environment without a logger has
 * this one, from "warn" on.
 * @param level the least important level that is logged
 */
export function consoleLogger(level: LogLevel = "info"): Logger {
  const log = (of: LogLevel, mark: string) => (message: string): void => {
    // deno-lint-ignore no-console -- the one place where the engine writes by itself
    if (LEVELS.indexOf(of) >= LEVELS.indexOf(level)) console.error(mark + message);
  };
  return {
    debug: log("debug", "debug: "),
    info: log("info", ""),
    warn: log("warn", "warning: "),
    error: log("error", "error: "),
  };
}
