/** The entries of jobs' commits: names and texts that mean something to the engine only. */
import type { JobCommit } from "../broker.ts";
import type { Database } from "./database.ts";

// What looks like a byte order mark belongs to the text.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Entries that are read together. */
const PAGE_ENTRIES = 2_000;
/** What is longer is read alone: a page has to fit into one text. */
const SHORT_ENTRY_BYTES = 4_096;

/**
 * The entries of a job's last commit. To be called in a transaction.
 *
 * Short ones come in pages, as JSON: a quarter of the time that rows take one by one.
 */
export function entriesOf(database: Database, jobId: number): Map<string, string> {
  const entries = new Map<string, string>();
  const page = database.statement(
    `SELECT json_group_array(key) AS keys, json_group_array(value) AS entry_values
     FROM (SELECT key, value FROM job_entry WHERE job_id = ? AND key > ? AND octet_length(key) + octet_length(value) <= ?
           ORDER BY key LIMIT ?)`,
  );
  for (let last = "";;) {
    const row = page.get(jobId, last, SHORT_ENTRY_BYTES, PAGE_ENTRIES) as unknown as EntriesRow;
    const keys: string[] = JSON.parse(row.keys);
    const values: string[] = JSON.parse(row.entry_values);
    keys.forEach((key, i) => entries.set(key, values[i]!));
    if (keys.length < PAGE_ENTRIES) break;
    last = keys.at(-1)!;
  }
  // As bytes, since node:sqlite ends a text at its first NUL character.
  const rows = database.statement(
    `SELECT CAST(key AS BLOB) AS key, CAST(value AS BLOB) AS value FROM job_entry
     WHERE job_id = ? AND (key = '' OR octet_length(key) + octet_length(value) > ?)`,
  ).iterate(jobId, SHORT_ENTRY_BYTES);
  for (const { key, value } of rows) {
    entries.set(decoder.decode(key as Uint8Array), decoder.decode(value as Uint8Array));
  }
  return entries;
}

/** Texts of JSON, in the order of the keys. */
interface EntriesRow {
  readonly keys: string;
  readonly entry_values: string;
}

/** As many changes are put in order before they are written: neighbours lie in one page of the tree. */
const SORTED_ENTRIES = 32_768;
/** As many rows are written by one statement. */
const ROWS = 64;
const PUT = `REPLACE INTO job_entry VALUES ${Array(ROWS).fill("(?1, ?, ?)").join(", ")}`;
const PUT_ONE = "REPLACE INTO job_entry VALUES (?1, ?, ?)";
const REMOVE = `DELETE FROM job_entry WHERE job_id = ?1 AND key IN (${Array(ROWS).fill("?").join(", ")})`;
const REMOVE_ONE = "DELETE FROM job_entry WHERE job_id = ?1 AND key = ?";

/**
 * Writes the changes of a commit; `null` deletes, of two for one entry the later counts. To be called in a writing transaction.
 *
 * In order and many at a time: of 100,000 keys by chance, one by one, three quarters of a job's time went here.
 */
export function putEntries(database: Database, jobId: number, changes: JobCommit["changes"]): void {
  let some = new Map<string, string | null>();
  for (const [key, value] of changes) {
    some.set(key, value);
    if (some.size < SORTED_ENTRIES) continue;
    putSorted(database, jobId, some);
    some = new Map();
  }
  putSorted(database, jobId, some);
}

function putSorted(database: Database, jobId: number, changes: ReadonlyMap<string, string | null>): void {
  const put: string[] = [];
  const removed: string[] = [];
  for (const key of [...changes.keys()].sort()) {
    const value = changes.get(key)!;
    if (value === null) removed.push(key);
    else put.push(key, value);
  }
  run(database, jobId, put, 2, PUT, PUT_ONE);
  run(database, jobId, removed, 1, REMOVE, REMOVE_ONE);
}

/** Runs a statement for {@link ROWS} rows of so many values each, as long as there are as many, and one for each that is left. */
function run(
  database: Database,
  jobId: number,
  values: string[],
  width: number,
  forMany: string,
  forOne: string,
): void {
  const many = database.statement(forMany);
  const one = database.statement(forOne);
  let at = 0;
  for (; at + ROWS * width <= values.length; at += ROWS * width) {
    many.run(jobId, ...values.slice(at, at + ROWS * width));
  }
  for (; at < values.length; at += width) one.run(jobId, ...values.slice(at, at + width));
}
