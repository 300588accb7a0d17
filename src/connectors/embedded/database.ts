/** One connection to the log's file: its transactions, and whether the file has changed. */
import { dirname, join, resolve } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { setImmediate } from "node:timers";
import { BrokerError } from "../broker_errors.ts";
import { brokerErrorOf, isLocked } from "./errors.ts";
import { checkTables, createTables, isEmpty } from "./schema.ts";

/** How often to check that the file is still where it was opened, ms. */
const LOOK_MS = 200;

/**
 * Page size of a new file. Rows of records are large, and large pages write them faster; a commit of one record writes whole
 * pages, and small pages make it faster. This is the size between (figures in bench/NOTES.md).
 */
const PAGE_BYTES = 16_384;

/** How to open the file. */
export interface DatabaseOptions {
  /** "full" waits for the disk at every commit; with "normal" a power loss may take the last ones. */
  readonly sync: "normal" | "full";
  /** How long to wait for another process's write, ms. This process is blocked meanwhile. */
  readonly busyTimeoutMs: number;
}

/** What identifies a file. */
type Identity = Pick<Deno.FileInfo, "dev" | "ino">;

/**
 * The file `log.sqlite` in a directory, open in this process and maybe in others.
 *
 * Everything here is synchronous, transactions too: no transaction is open while this process does something else.
 */
export class Database {
  readonly dir: string;
  readonly path: string;
  readonly #database: DatabaseSync;
  readonly #identity: Identity;
  readonly #statements = new Map<string, StatementSync>();
  #seenVersion = -1;
  #changes = 0;
  #lookedAtMs = 0;
  #open = true;

  private constructor(path: string, identity: Identity, database: DatabaseSync) {
    this.dir = dirname(path);
    this.path = path;
    this.#identity = identity;
    this.#database = database;
  }

  /**
   * Opens the log in `dir`; creates directory and file if they are missing, readable by this user only.
   *
   * @throws {BrokerError} if that is not possible, or the file there is not a log of this version
   */
  static async open(dir: string, options: DatabaseOptions): Promise<Database> {
    // Not its real path: Deno's permissions were granted for the path as the user wrote it.
    const path = join(resolve(dir), "log.sqlite");
    const until = performance.now() + options.busyTimeoutMs;
    for (;;) {
      try {
        prepareFile(dirname(path), path);
        return new Database(path, Deno.statSync(path), connect(path, options));
      } catch (error) {
        // SQLite does not wait for a process that switches the file to WAL mode or closes it at the same time.
        if (!isLocked(error) || performance.now() > until) throw brokerErrorOf(error, "open", path);
        await new Promise((wake) => setTimeout(wake, 20));
      }
    }
  }

  /** The statement, prepared once and kept; rows are objects. It cannot be used again while it is being iterated. */
  statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  /** Whether the log has this table: one that is created when it is first needed may be missing. */
  hasTable(name: string): boolean {
    return this.statement("SELECT 1 FROM sqlite_schema WHERE name = ?").get(name) !== undefined;
  }

  /**
   * From now on the file is one of `version` at least: programs that do not know what is written into it must not read it. To be
   * called in the transaction that writes that.
   */
  raiseVersion(version: number): void {
    const { user_version } = this.statement("PRAGMA user_version").get() as { user_version: number };
    if (user_version < version) this.statement(`PRAGMA user_version = ${version}`).run();
  }

  /**
   * Runs `body` in the only transaction that may write at a time. If it throws, its changes are rolled back.
   *
   * @throws {BrokerUnavailableError} if another process keeps the file locked
   * @throws {BrokerError} if the file is gone, or cannot be written
   */
  write<T>(body: () => T): T {
    return this.#transaction("BEGIN IMMEDIATE", "write to", () => {
      const result = body();
      this.#changes++;
      return result;
    });
  }

  /** Runs `body` on a snapshot of the log: what others commit meanwhile is not visible. */
  read<T>(body: () => T): T {
    return this.#transaction("BEGIN", "read", body);
  }

  /** A number that grows with each commit, of this or another connection. It is cheap to ask for. */
  changes(): number {
    this.#checkOpen();
    try {
      this.#checkPlace();
      const { data_version } = this.statement("PRAGMA data_version").get() as { data_version: number };
      if (data_version !== this.#seenVersion) this.#changes++;
      this.#seenVersion = data_version;
      return this.#changes;
    } catch (error) {
      throw brokerErrorOf(error, "read", this.path);
    }
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#statements.clear();
    this.#database.close();
  }

  #transaction<T>(begin: string, what: string, body: () => T): T {
    this.#checkOpen();
    try {
      this.#checkPlace();
      this.statement(begin).run();
      try {
        const result = body();
        this.statement("COMMIT").run();
        return result;
      } catch (error) {
        // After some errors, such as a full disk, SQLite itself has rolled back.
        if (this.#database.isTransaction) this.statement("ROLLBACK").run();
        throw error;
      }
    } catch (error) {
      throw brokerErrorOf(error, what, this.path);
    }
  }

  #checkOpen(): void {
    if (!this.#open) throw new BrokerError(`Cannot use the embedded log in "${this.dir}": it has been closed`);
  }

  /** Checks that the file still exists: a deleted file accepts writes and is lost with the last process that has it open. */
  #checkPlace(): void {
    const nowMs = performance.now();
    if (nowMs - this.#lookedAtMs < LOOK_MS) return;
    if (!isSame(this.#identity, this.path)) {
      throw new BrokerError(
        `Cannot go on with the embedded log "${this.path}": the file was deleted or replaced while it was open; ` +
          "start this program again",
      );
    }
    this.#lookedAtMs = nowMs;
  }
}

/** Lets timers, signals and sockets run, which a loop of synchronous work would block. */
export function yieldToOthers(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function isSame(identity: Identity, path: string): boolean {
  try {
    const { dev, ino } = Deno.statSync(path);
    return dev === identity.dev && ino === identity.ino;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return false;
    throw error;
  }
}

/** Creates directory and file if they are missing. */
function prepareFile(dir: string, path: string): void {
  try {
    Deno.mkdirSync(dir, { recursive: true, mode: 0o700 });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    throw new BrokerError(`Cannot open an embedded log in "${dir}": it is no directory; choose another place`);
  }
  try {
    // SQLite creates its -wal and -shm files with the mode of this file. A file that exists is never opened here: closing it
    // would drop the locks that SQLite holds on it in this process.
    Deno.openSync(path, { write: true, createNew: true, mode: 0o600 }).close();
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
}

function connect(path: string, { sync, busyTimeoutMs }: DatabaseOptions): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: busyTimeoutMs });
  try {
    if (isEmpty(database)) {
      database.exec(`PRAGMA page_size = ${PAGE_BYTES}; PRAGMA journal_mode = WAL; BEGIN IMMEDIATE`);
      // Another process may have been faster.
      if (isEmpty(database)) createTables(database);
      database.exec("COMMIT");
    }
    checkTables(database, path);
    database.exec(`PRAGMA synchronous = ${sync}; PRAGMA cache_size = -4000; PRAGMA journal_size_limit = 67108864`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}
