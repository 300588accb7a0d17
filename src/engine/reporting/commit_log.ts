import type { CommitStatus } from "../job_status.ts";

/** So many commits are kept. */
const KEPT = 20;

/** The newest commits of an attempt, and how many there have been. */
export class CommitLog {
  count = 0;
  readonly #newest: CommitStatus[] = [];

  note(commit: CommitStatus): void {
    this.count++;
    this.#newest.push(commit);
    if (this.#newest.length > KEPT) this.#newest.shift();
  }

  /** Oldest first. */
  get newest(): readonly CommitStatus[] {
    return [...this.#newest];
  }
}
