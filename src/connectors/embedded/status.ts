/** What instances of jobs report of themselves, as rows: one for each instance. */
import { STATUS_KEPT_INSTANCES, STATUS_KEPT_MS, type StatusReport } from "../broker.ts";
import type { Database } from "./database.ts";

/** A table that is created when it is first needed, as logs of earlier versions lack it. */
const TABLE = `CREATE TABLE IF NOT EXISTS job_status (
    job TEXT NOT NULL, instance TEXT NOT NULL, at INTEGER NOT NULL, status TEXT NOT NULL,
    PRIMARY KEY (job, instance)
  ) STRICT`;

/** Keeps a report in place of the instance's last one, and forgets what nobody needs any more. */
export function keepReport(database: Database, { job, instance, atMs, text }: StatusReport): void {
  database.write(() => {
    database.statement(TABLE).run();
    const { changes } = database.statement("UPDATE job_status SET at = ?, status = ? WHERE job = ? AND instance = ?")
      .run(atMs, text, job, instance);
    if (changes === 1) return;
    // Rows come only with a new instance, so that is when old ones go.
    database.statement("INSERT INTO job_status VALUES (?, ?, ?, ?)").run(job, instance, atMs, text);
    database.statement("DELETE FROM job_status WHERE at < ?").run(atMs - STATUS_KEPT_MS);
    database.statement(
      `DELETE FROM job_status WHERE job = ?1 AND instance NOT IN (
         SELECT instance FROM job_status WHERE job = ?1 ORDER BY at DESC LIMIT ?2
       )`,
    ).run(job, STATUS_KEPT_INSTANCES);
  });
}

/** The newest report of each instance. */
export function statusReports(database: Database): StatusReport[] {
  return database.read(() => {
    if (!database.hasTable("job_status")) return [];
    return database.statement("SELECT job, instance, at, status FROM job_status WHERE at >= ? ORDER BY job, at")
      .all(Date.now() - STATUS_KEPT_MS)
      .map(({ job, instance, at, status }) => ({
        job: job as string,
        instance: instance as string,
        atMs: at as number,
        text: status as string,
      }));
  });
}

/** Forgets the reports of a job. To be called in a writing transaction. */
export function forgetReports(database: Database, job: string): void {
  if (database.hasTable("job_status")) database.statement("DELETE FROM job_status WHERE job = ?").run(job);
}
