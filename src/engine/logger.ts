/** Where a job's words to its operator go. */
export interface Logger {
  /** Details, for who looks for an error. */
  debug(message: string): void;
  /** What happens. */
  info(message: string): void;
  /** What may need a person. */
  warn(message: string): void;
  /** What ended the job. */
  error(message: string): void;
}

/** Logs nothing. An environment takes it only when asked: what a job drops would go unseen. */
export const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** How important a message is. */
export type LogLevel = "debug" | "info" | "warn" | "error";

const LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/**
 * Logs to standard error, a line a message; what is no plain news is marked. An environment without a logger has this one, from
 * "warn" on.
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
