/** Where a job's words to its operator go; the engine never writes to the console by itself. */
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

/** Says nothing. */
export const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} };
