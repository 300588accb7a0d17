/**
 * Segments of a commit that is too large for one transaction: they are written ahead in several, so that the process is never
 * blocked for long. Up to the commit's last transaction nobody reads them; if it does not come to that, the next instance of the
 * job removes them.
 *
 * A row stands for a job whose commit is under way: its segments from `first_id` on are not committed. The first of them stays
 * where it is meanwhile, so the ids of the others are larger.
 */
import type { Database } from "./database.ts";
import { VERSION_WITH_UNCOMMITTED } from "./schema.ts";

const TABLE = `
  CREATE TABLE IF NOT EXISTS job_uncommitted (
    job_id INTEGER PRIMARY KEY,
    first_id INTEGER NOT NULL
  ) STRICT`;

/** The segments of a job that are written next are not committed. To be called in a writing transaction that writes one. */
export function beginUncommitted(database: Database, jobId: number): void {
  if (!database.hasTable("job_uncommitted")) {
    database.statement(TABLE).run();
    database.raiseVersion(VERSION_WITH_UNCOMMITTED);
  }
  database.statement("INSERT INTO job_uncommitted SELECT ?, coalesce(max(id), 0) + 1 FROM job_segment").run(jobId);
}

/** All segments of the job are committed with this transaction. */
export function endUncommitted(database: Database, jobId: number): void {
  database.statement("DELETE FROM job_uncommitted WHERE job_id = ?").run(jobId);
}

/** The id below which a job's segments are committed. */
export function committedBelow(database: Database, jobId: number): number {
  if (!database.hasTable("job_uncommitted")) return Number.MAX_SAFE_INTEGER;
  const row = database.statement("SELECT first_id FROM job_uncommitted WHERE job_id = ?").get(jobId);
  return row === undefined ? Number.MAX_SAFE_INTEGER : Number(row["first_id"]);
}

/** Removes what a commit has left that did not come to its end. To be called in a writing transaction. */
export function removeUncommitted(database: Database, jobId: number): void {
  const firstId = committedBelow(database, jobId);
  if (firstId === Number.MAX_SAFE_INTEGER) return;
  database.statement("DELETE FROM job_segment WHERE job_id = ? AND id >= ?").run(jobId, firstId);
  endUncommitted(database, jobId);
}
