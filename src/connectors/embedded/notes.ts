/** What people and jobs exchange beside the records, as rows: one for each key of a board. */
import { type Board, KEPT_NOTES, type Note, STATUS_KEPT_MS } from "../broker.ts";
import type { Database } from "./database.ts";

/** A table that is created when it is first needed, as logs of earlier versions lack it. */
const TABLE = `CREATE TABLE IF NOT EXISTS notes (
    board TEXT NOT NULL, key TEXT NOT NULL, at INTEGER NOT NULL, text TEXT NOT NULL,
    PRIMARY KEY (board, key)
  ) STRICT`;

/** Keeps a note in place of the one with its key, and forgets those that nobody needs any more. */
export function keepNote(database: Database, board: Board, { key, atMs, text }: Note): void {
  database.write(() => {
    database.statement(TABLE).run();
    database.statement("INSERT OR REPLACE INTO notes VALUES (?, ?, ?, ?)").run(board, key, atMs, text);
    database.statement("DELETE FROM notes WHERE at < ?").run(Date.now() - STATUS_KEPT_MS);
    database.statement(
      `DELETE FROM notes WHERE board = ?1 AND key NOT IN (
         SELECT key FROM notes WHERE board = ?1 ORDER BY at DESC, key DESC LIMIT ?2
       )`,
    ).run(board, KEPT_NOTES);
  });
}

/** The notes of a board in the order of time. */
export function notes(database: Database, board: Board): Note[] {
  return database.read(() => {
    if (!database.hasTable("notes")) return [];
    return database.statement("SELECT key, at, text FROM notes WHERE board = ? AND at >= ? ORDER BY at, key")
      .all(board, Date.now() - STATUS_KEPT_MS)
      .map(({ key, at, text }) => ({ key: key as string, atMs: at as number, text: text as string }));
  });
}
