import { JobError } from "./errors.ts";

/** An entry of a commit that cannot be read. */
export class CommitEntryError extends JobError {
  override name = "CommitEntryError";
  override readonly code = "COMMIT_UNREADABLE";
  /** Its name. */
  readonly entry: string;

  constructor(entry: string, text: string) {
    const shown = (words: string) => JSON.stringify(words.length > 40 ? `${words.slice(0, 40)}…` : words);
    super(`its commit has an entry that no job has written, ${shown(entry)} with the value ${shown(text)}`);
    this.entry = entry;
  }
}

/**
 * A part of an entry as JSON.
 * @throws {CommitEntryError} if no job has written it
 */
export function parseText(part: string, entry: string, text: string): unknown {
  try {
    return JSON.parse(part);
  } catch {
    throw new CommitEntryError(entry, text);
  }
}
