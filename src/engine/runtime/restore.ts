import { CommitEntryError } from "../commit_format.ts";
import { JobError } from "../errors.ts";
import type { StreamGraph } from "../graph.ts";
import { nameOf } from "../job_store.ts";
import type { Attempt } from "./attempt.ts";
import { Snapshot, takeNonRestored } from "./snapshot.ts";

/** The last commit, as an attempt goes on from it. */
export interface RestoredCommit {
  readonly snapshot: Snapshot;
  /** Entries of operators that the job no longer has, for the next commit to delete. */
  readonly nonRestored: readonly string[];
}

/**
 * Reads the last commit.
 * @throws {JobError} if it cannot be read
 */
export async function restoreCommit(graph: StreamGraph, attempt: Attempt): Promise<RestoredCommit> {
  const { step, session, activity, options: { jobName, store } } = attempt;
  step("restore: before the last commit is read");
  try {
    return await step("restore: the last commit is read", async () => {
      const entries = await activity.wait(`${nameOf(store)} to give the last commit`, () => session?.restore());
      // Apart, so that the entries are not kept while the job runs.
      return takeApart(entries ?? new Map(), graph, attempt);
    });
  } catch (error) {
    if (!(error instanceof CommitEntryError)) throw error;
    const place = await session?.whereIs?.(error.entry);
    throw new JobError(
      `Cannot restore job "${jobName}": ${error.message}${place === undefined ? "" : ` at ${place}`}; ` +
        "import a savepoint, or forget the commit with --reset",
    );
  }
}

function takeApart(entries: Map<string, string>, graph: StreamGraph, attempt: Attempt): RestoredCommit {
  const nonRestored: string[] = [];
  if (attempt.options.allowNonRestoredState) {
    for (const [uid, taken] of takeNonRestored(entries, graph)) {
      const what = `${taken.length} entr${taken.length === 1 ? "y" : "ies"}`;
      attempt.warn(`drops the state of "${uid}" (${what}), which the job no longer has`);
      nonRestored.push(...taken);
    }
  }
  return { snapshot: new Snapshot(entries), nonRestored };
}
