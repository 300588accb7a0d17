import { JobError } from "../../engine/mod.ts";

/**
 * The error of a file as a sentence for the person who runs the job: "Cannot read "in/a.jsonl": it does not exist".
 *
 * @param what "read", "write", …
 */
export function fileError(what: string, path: string, error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof JobError) return error;
  const reason = reasonOf(error);
  if (reason === undefined) return error;
  const message = `Cannot ${what} "${path}": ${reason}`;
  return /\(os error 28\)/.test(error.message)
    ? new DiskFullError(message, { cause: error })
    : new JobError(message, { cause: error });
}

/** A file could not be written as the disk is full: for files what the `DiskFullError` of brokers is for them. */
class DiskFullError extends JobError {
  override name = "DiskFullError";
  /** Somebody may free disk space, so the job's restart strategy decides. */
  override readonly code = "DISK_FULL";
}

function reasonOf(error: Error): string | undefined {
  if (error instanceof Deno.errors.NotFound) return "it does not exist";
  if (error instanceof Deno.errors.NotCapable) {
    const flag = /--allow-\w+/.exec(error.message)?.[0] ?? "--allow-read and --allow-write";
    return `this program may not; allow it with ${flag}`;
  }
  // "No space left on device (os error 28): write '…'"
  return /^(.+) \(os error \d+\)/.exec(error.message)?.[1];
}
