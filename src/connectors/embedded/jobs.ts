/** Jobs as rows: the active instance of each, and what tools look up and change. */
import type { JobActivity, JobInfo, Position } from "../broker.ts";
import { deadLetterTopic } from "../broker.ts";
import { JobActiveError } from "../broker_errors.ts";
import type { Database } from "./database.ts";
import { entriesOf, HAS_ENTRIES, removeEntries } from "./entries.ts";
import { anyLives, describeInstance, lifeOf, removeInstance } from "./instance.ts";
import { forgetReports } from "./status.ts";
import { findTopic, removeTopic } from "./topics.ts";

/** The right to write as a job while the job has this epoch. */
export interface Term {
  readonly jobId: number;
  readonly epoch: number;
}

/** The active instance of a job, which others wait for. */
export interface Holder {
  readonly id: string;
  /** "process 4711" */
  readonly description: string;
}

/** The active instance of a job, unless it is dead or its session has timed out. To be called in a transaction. */
export function holderOf(database: Database, job: string): Holder | undefined {
  const found = findJob(database, job);
  if (found === undefined || found.instance === null || found.expires_at <= Date.now()) return undefined;
  if (lifeOf(database, job, found.instance) === "dead") return undefined;
  return { id: found.instance, description: describeInstance(database, found.instance) };
}

/** Makes `instance` the active one of a job that has no holder. To be called in a writing transaction. */
export function takeJob(database: Database, job: string, instance: string, sessionTimeoutMs: number): Term {
  const before = findJob(database, job)?.instance ?? null;
  if (before !== null && lifeOf(database, job, before) === "dead") removeInstance(database, job, before);
  const row = database.statement(
    `INSERT INTO job (name, epoch, instance, expires_at) VALUES (?, 1, ?, ?)
     ON CONFLICT (name) DO UPDATE
     SET epoch = epoch + 1, instance = excluded.instance, expires_at = excluded.expires_at
     RETURNING id, epoch`,
  ).get(job, instance, Date.now() + sessionTimeoutMs) as unknown as JobRow;
  database.statement(ACTIVITY).run();
  database.statement("INSERT OR IGNORE INTO job_activity VALUES (?, NULL, 0)").run(row.id);
  return { jobId: row.id, epoch: row.epoch };
}

/** A table that is created when it is first needed, as logs of earlier versions lack it. Times are ms since the Unix epoch. */
const ACTIVITY =
  "CREATE TABLE IF NOT EXISTS job_activity (job_id INTEGER PRIMARY KEY, committed_at INTEGER, seen_at INTEGER NOT NULL) STRICT";

/** Notes a commit of an active instance. To be called in a writing transaction. */
export function noteCommit(database: Database, { jobId }: Term): void {
  database.statement("UPDATE job_activity SET committed_at = ? WHERE job_id = ?").run(Date.now(), jobId);
}

/** When a job last committed, and its active instance; undefined if it has no state here. */
export function jobActivity(database: Database, job: string): JobActivity | undefined {
  return database.read(() => {
    const found = findJob(database, job);
    if (found === undefined) return undefined;
    const row = database.hasTable("job_activity")
      ? database.statement("SELECT committed_at, seen_at FROM job_activity WHERE job_id = ?").get(found.id)
      : undefined;
    const lives = found.instance !== null && lifeOf(database, job, found.instance) !== "dead";
    return {
      holder: lives ? describeInstance(database, found.instance!) : undefined,
      lastCommitMs: (row?.committed_at ?? undefined) as number | undefined,
      lastSignOfLifeMs: lives && row !== undefined ? row.seen_at as number : undefined,
    };
  });
}

/** Notes which topics a job reads. To be called in a writing transaction. */
export function noteTopics(database: Database, { jobId }: Term, topics: readonly string[]): void {
  const note = database.statement("INSERT OR IGNORE INTO job_topic VALUES (?, ?)");
  for (const topic of topics) note.run(jobId, topic);
}

/** Extends the term by a session timeout; false if another instance has taken over. To be called in a writing transaction. */
export function extendTerm(database: Database, { jobId, epoch }: Term, sessionTimeoutMs: number): boolean {
  const nowMs = Date.now();
  const { changes } = database.statement("UPDATE job SET expires_at = ? WHERE id = ? AND epoch = ?")
    .run(nowMs + sessionTimeoutMs, jobId, epoch);
  if (changes === 1) database.statement("UPDATE job_activity SET seen_at = ? WHERE job_id = ?").run(nowMs, jobId);
  return changes === 1;
}

/** Ends the term unless another instance has taken over. To be called in a writing transaction. */
export function endTerm(database: Database, { jobId, epoch }: Term): void {
  database.statement("UPDATE job SET instance = NULL, expires_at = 0 WHERE id = ? AND epoch = ?").run(jobId, epoch);
}

/** All entries of a job's last commit; empty if it has no commit. */
export function readCommit(database: Database, job: string): Map<string, string> {
  return database.read(() => {
    const found = findJob(database, job);
    return found === undefined ? new Map<string, string>() : entriesOf(database, found.id);
  });
}

/** The positions of the job's last commit, which are stored apart from its entries. */
export function positionsOf(database: Database, jobId: number): Position[] {
  return database.statement("SELECT topic, partition, next_offset AS offset FROM job_position WHERE job_id = ?")
    .all(jobId).map((row) => ({ ...row })) as unknown as Position[];
}

/** Takes over a transactional id. To be called in a writing transaction. */
export function takeTransactionalId(database: Database, transactionalId: string): Term {
  // Stored as a job that never has an instance; no job's name has a colon.
  const row = database.statement(
    `INSERT INTO job (name, epoch, instance, expires_at) VALUES (?, 1, NULL, 0)
     ON CONFLICT (name) DO UPDATE SET epoch = epoch + 1
     RETURNING id, epoch`,
  ).get(`transactional-id:${transactionalId}`) as unknown as JobRow;
  return { jobId: row.id, epoch: row.epoch };
}

/** Whether no other instance has taken over since. To be called in a transaction. */
export function isCurrent(database: Database, { jobId, epoch }: Term): boolean {
  return database.statement("SELECT 1 FROM job WHERE id = ? AND epoch = ?").get(jobId, epoch) !== undefined;
}

/** Jobs that have read one of `topics` and have state here, sorted. */
export function jobsReading(database: Database, topics: readonly string[]): JobInfo[] {
  return database.write(() => {
    const rows = database.statement(
      `SELECT name,
         ${HAS_ENTRIES} OR EXISTS (SELECT 1 FROM job_position WHERE job_id = id) AS has_state
       FROM job
       WHERE id IN (SELECT job_id FROM job_topic WHERE topic IN (SELECT value FROM json_each(?)))
       ORDER BY name`,
    ).all(JSON.stringify(topics)) as unknown as { name: string; has_state: number }[];
    return rows
      .map(({ name, has_state }) => ({ job: name, running: isRunning(database, name), hasState: has_state === 1 }))
      .filter(({ running, hasState }) => running || hasState)
      .map(({ job, running }) => ({ job, running }));
  });
}

/** Removes all that belongs to a job. @throws {JobActiveError} while it runs */
export function dropJob(database: Database, job: string): void {
  database.write(() => {
    if (isRunning(database, job)) {
      const who = holderOf(database, job)?.description ?? "an instance that stands by";
      throw new JobActiveError(`Cannot remove job "${job}" as it is running: stop ${who} first`);
    }
    forgetReports(database, job);
    const id = findJob(database, job)?.id;
    if (id !== undefined) {
      forgetState(database, id);
      database.statement("DELETE FROM job_topic WHERE job_id = ?").run(id);
      database.statement(ACTIVITY).run();
      database.statement("DELETE FROM job_activity WHERE job_id = ?").run(id);
      database.statement("DELETE FROM job WHERE id = ?").run(id);
    }
    const deadLetters = findTopic(database, deadLetterTopic(job));
    if (deadLetters !== undefined) removeTopic(database, deadLetters);
  });
}

/** Forgets entries and positions. To be called in a writing transaction. */
export function forgetState(database: Database, jobId: number): void {
  removeEntries(database, jobId);
  database.statement("DELETE FROM job_position WHERE job_id = ?").run(jobId);
}

/** A job that was active at some time, see the table. */
interface JobRow {
  readonly id: number;
  readonly epoch: number;
  readonly instance: string | null;
  readonly expires_at: number;
}

function findJob(database: Database, name: string): JobRow | undefined {
  const sql = "SELECT id, epoch, instance, expires_at FROM job WHERE name = ?";
  return database.statement(sql).get(name) as JobRow | undefined;
}

/** Whether an instance of the job is alive: one that is suspended may wake up, though its session has timed out. */
function isRunning(database: Database, job: string): boolean {
  return anyLives(database, job) || holderOf(database, job) !== undefined;
}
