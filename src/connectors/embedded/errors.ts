/** Turns errors of SQLite and the file system into one sentence for a person. */
import { BrokerError, BrokerUnavailableError, DiskFullError } from "../broker_errors.ts";

/** Whether it is an error of `node:sqlite`, whose message is SQLite's. */
function isSqliteError(error: Error): boolean {
  return (error as { code?: unknown }).code === "ERR_SQLITE_ERROR";
}

/** Whether SQLite has waited in vain for a lock. */
export function isLocked(error: unknown): boolean {
  return error instanceof Error && isSqliteError(error) && /database (table )?is locked/.test(error.message);
}

/**
 * The error to throw for `error`, which occurred while doing `what` ("write to") to the log in `path`. An error that is neither
 * SQLite's nor the system's is returned unchanged: it is a mistake of this program.
 */
export function brokerErrorOf(error: unknown, what: string, path: string): unknown {
  if (error instanceof BrokerError || !(error instanceof Error)) return error;
  const cause = { cause: error };
  const failed = `Cannot ${what} the embedded log "${path}"`;
  if (isLocked(error)) {
    const message = `${failed}: another process keeps it locked; look for one that is stopped or hangs, then try again`;
    return new BrokerUnavailableError(message, cause);
  }
  if (isDiskFull(error)) {
    return new DiskFullError(`${failed}: the disk is full; make room on it; nothing of this was kept`, cause);
  }
  if (isSqliteError(error)) {
    const advice = ADVICE.find(([found]) => error.message.includes(found))?.[1];
    return advice === undefined ? error : new BrokerError(`${failed}: ${error.message}; ${advice}`, cause);
  }
  if (error instanceof Deno.errors.NotCapable) {
    const message =
      `${failed}: this program lacks the permission; run it with --allow-read and --allow-write for that place`;
    return new BrokerError(message, cause);
  }
  if (isSystemError(error)) {
    return new BrokerError(`${failed}: ${reasonOf(error)}; choose a directory where this user can write`, cause);
  }
  return error;
}

/** SQLite's messages when file or disk are at fault, and what its user can do. */
const ADVICE: readonly (readonly [found: string, advice: string])[] = [
  ["disk I/O error", "look whether the disk is full or failing"],
  ["file is not a database", "it is another program's file; choose another directory"],
  ["database disk image is malformed", "the file is damaged; delete the directory to begin anew"],
  ["attempt to write a readonly database", "make file and directory writable for this user"],
  ["unable to open database file", "see that it is a file, and that this user can read it and write to its directory"],
  ["locking protocol", "the file system has no locks as SQLite needs them; choose a directory on a local disk"],
];

/** Whether SQLite or the system reports a full disk. */
function isDiskFull(error: Error): boolean {
  return isSqliteError(error)
    ? error.message.includes("database or disk is full")
    : /\(os error 28\)/.test(error.message);
}

/** Whether the system refused a file or a directory. */
function isSystemError(error: Error): boolean {
  return typeof (error as { code?: unknown }).code === "string" && /\(os error \d+\)/.test(error.message);
}

/** "Permission denied (os error 13)" from Deno's longer message. */
function reasonOf(error: Error): string {
  return error.message.replace(/ \(os error \d+\).*$/s, "").toLowerCase();
}
