/** Which instances of a job are alive, known at once and not only after a timeout. */
import { brokerErrorOf } from "./errors.ts";
import type { Database } from "./database.ts";

/** Whether an instance is alive; "unknown" where the file system has no locks, or somebody removed the file. */
export type Life = "alive" | "dead" | "unknown";

/**
 * This process as an instance of a job, active or standing by.
 *
 * It keeps a file locked while it is alive. The system drops such a lock with the process, however that ends, but not while the
 * process is only suspended: an instance that gets the lock knows that the other one is dead.
 */
export class Instance {
  /** Unique among all instances, ever. */
  readonly id: string;
  readonly #database: Database;
  readonly #path: string;
  #file: Deno.FsFile | undefined;

  /** Registers the instance. @throws {BrokerError} if that cannot be written */
  constructor(database: Database, job: string) {
    // Short, as the name of a file has at most 255 characters and that of a job may have 236.
    this.id = crypto.randomUUID().slice(-12);
    this.#database = database;
    this.#path = lockPath(database, job, this.id);
    this.#file = lockFile(this.#path);
    try {
      // Other instances do not see the file before it is locked.
      database.write(() => {
        database.statement("INSERT INTO instance VALUES (?, ?, ?)").run(this.id, job, `process ${Deno.pid}`);
      });
    } catch (error) {
      this.#file?.close();
      removeFile(this.#path);
      throw error;
    }
  }

  /**
   * Ends the instance; `alsoWrite` runs in the same transaction.
   *
   * @throws {BrokerError} if that cannot be written; the others see from the free lock that the instance has ended
   */
  end(alsoWrite: () => void = () => {}): void {
    try {
      this.#database.write(() => {
        alsoWrite();
        forget(this.#database, this.id);
      });
    } catch (error) {
      this.#file?.close();
      throw error;
    }
    this.#file?.close();
    removeFile(this.#path);
  }
}

/** Whether the instance is alive. To be called in a transaction, as all functions below. */
export function lifeOf(database: Database, job: string, id: string): Life {
  let file: Deno.FsFile | undefined;
  try {
    file = Deno.openSync(lockPath(database, job, id), { read: true, write: true });
    // A shared lock, so that two processes which look at the same time do not take one another for the owner.
    return file.tryLockSync(false) ? "dead" : "alive";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "unknown";
    throw error;
  } finally {
    file?.close();
  }
}

/** For messages: "process 4711". */
export function describeInstance(database: Database, id: string): string {
  const row = database.statement("SELECT description FROM instance WHERE id = ?").get(id);
  return row === undefined ? "another process" : row.description as string;
}

/** Whether an instance of the job is alive, active or standing by. Removes dead ones. */
export function anyLives(database: Database, job: string): boolean {
  let living = 0;
  for (const row of database.statement("SELECT id FROM instance WHERE job = ?").all(job)) {
    const id = row.id as string;
    const life = lifeOf(database, job, id);
    if (life === "alive") living++;
    if (life === "dead") removeInstance(database, job, id);
  }
  return living > 0;
}

/** Removes the row and the file of an instance that is dead. */
export function removeInstance(database: Database, job: string, id: string): void {
  forget(database, id);
  removeFile(lockPath(database, job, id));
}

function forget(database: Database, id: string): void {
  database.statement("DELETE FROM instance WHERE id = ?").run(id);
}

function lockPath(database: Database, job: string, id: string): string {
  return `${database.dir}/leases/${job}.${id}.lock`;
}

/** Creates the file and locks it; undefined where files cannot be locked: there only the session timeout shows a dead instance. */
function lockFile(path: string): Deno.FsFile | undefined {
  let file: Deno.FsFile;
  try {
    Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true, mode: 0o700 });
    file = Deno.openSync(path, { read: true, write: true, createNew: true, mode: 0o600 });
  } catch (error) {
    throw brokerErrorOf(error, "make a lease in", path);
  }
  try {
    file.lockSync(true);
    return file;
  } catch {
    file.close();
    removeFile(path);
    return undefined;
  }
}

function removeFile(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    // Somebody who removes the whole directory removes it too.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
