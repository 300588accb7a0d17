/** Where a job's words to its operator go; the engine never writes to the console by itself. */
export interface Logger {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** Says nothing. */
export const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} };
