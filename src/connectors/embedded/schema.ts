/** The tables of the log, and how its file is told from those of other programs. */
import type { DatabaseSync } from "node:sqlite";
import { BrokerError } from "../broker_errors.ts";

/** Changes with every change of the tables or of the format of their contents. */
const VERSION = 3;
/** The version of a file in which a large commit was made: it has a table more. */
export const VERSION_WITH_UNCOMMITTED = 4;
/** The version of a file with records whose headers stand with the record before; the file may have that table, too. */
export const VERSION_WITH_SHARED_HEADERS = 5;

/** SQLite's application id in the head of the file: "strm". */
const APPLICATION = 0x7374726d;

const TABLES = `
  CREATE TABLE topic (
    -- Never used twice: a topic created anew under an old name is another topic.
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    partitions INTEGER NOT NULL,
    compacted INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE partition (
    topic_id INTEGER NOT NULL,
    partition INTEGER NOT NULL,
    start_offset INTEGER NOT NULL,
    end_offset INTEGER NOT NULL,
    latest_timestamp INTEGER NOT NULL,
    PRIMARY KEY (topic_id, partition)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE batch (
    id INTEGER PRIMARY KEY,
    topic_id INTEGER NOT NULL,
    partition INTEGER NOT NULL,
    base_offset INTEGER NOT NULL,
    record_count INTEGER NOT NULL,
    -- The latest of this batch and of all before it in the partition: it never goes back, so a moment can be searched.
    latest_timestamp INTEGER NOT NULL,
    records BLOB NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX batch_by_offset ON batch (topic_id, partition, base_offset);
  CREATE INDEX batch_by_timestamp ON batch (topic_id, partition, latest_timestamp, base_offset);

  CREATE TABLE job (
    -- Never used twice, so that no instance of a dropped job passes for one of its successor.
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    -- Moves on whenever an instance takes the job. What is done in the name of an older epoch is refused.
    epoch INTEGER NOT NULL,
    -- The active instance, until expires_at (ms since the epoch); NULL: released.
    instance TEXT,
    expires_at INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE job_topic (
    job_id INTEGER NOT NULL,
    topic TEXT NOT NULL,
    PRIMARY KEY (job_id, topic)
  ) STRICT, WITHOUT ROWID;

  -- Changes of a job's entries; see segment.ts. The segments of a bucket hold them in the order of their ids.
  CREATE TABLE job_segment (
    id INTEGER PRIMARY KEY,
    job_id INTEGER NOT NULL,
    bucket INTEGER NOT NULL,
    change_count INTEGER NOT NULL,
    -- By how many entries there are more with these changes.
    live_count INTEGER NOT NULL,
    changes BLOB NOT NULL
  ) STRICT;
  CREATE INDEX job_segment_by_bucket ON job_segment (job_id, bucket);

  CREATE TABLE job_position (
    job_id INTEGER NOT NULL,
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    next_offset INTEGER NOT NULL,
    PRIMARY KEY (job_id, topic, partition)
  ) STRICT, WITHOUT ROWID;

  -- Instances that are active or stand by. Each keeps the file leases/<job>.<id>.lock locked as long as it lives.
  CREATE TABLE instance (
    id TEXT PRIMARY KEY,
    job TEXT NOT NULL,
    description TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX instance_by_job ON instance (job);
`;

/** Whether the file has no tables yet. */
export function isEmpty(database: DatabaseSync): boolean {
  return applicationOf(database) === 0 && numberOf(database, "SELECT count(*) FROM sqlite_schema") === 0;
}

/**
 * Creates the tables in an empty file. To be called in a transaction, so that the file has all tables or not one.
 */
export function createTables(database: DatabaseSync): void {
  database.exec(TABLES);
  database.exec(`PRAGMA application_id = ${APPLICATION}; PRAGMA user_version = ${VERSION}`);
}

/** @throws {BrokerError} if the file is another program's, or was made by another version of this one */
export function checkTables(database: DatabaseSync, path: string): void {
  if (applicationOf(database) !== APPLICATION) {
    throw new BrokerError(
      `Cannot open the embedded log "${path}": it is a database of another program; choose another directory`,
    );
  }
  const version = numberOf(database, "PRAGMA user_version");
  if (version < VERSION || version > VERSION_WITH_SHARED_HEADERS) {
    throw new BrokerError(
      `Cannot open the embedded log "${path}": it has schema version ${version}, this program needs ${VERSION}; ` +
        "use the version of the program that wrote it, or delete the directory to begin anew",
    );
  }
}

function applicationOf(database: DatabaseSync): number {
  return numberOf(database, "PRAGMA application_id");
}

function numberOf(database: DatabaseSync, sql: string): number {
  return Number(Object.values(database.prepare(sql).get() ?? {})[0]);
}
