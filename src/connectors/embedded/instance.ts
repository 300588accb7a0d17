/** Signs of life: who of a job's instances still lives, known at once and not after a timeout. */
import { brokerErrorOf } from "./errors.ts";
import type { Database } from "./database.ts";

/** What can be told about an instance; "unknown" where the file system has no locks, or someone removed the file. */
export type Life = "alive" | "dead" | "unknown";

/**
 * This process as an instance of a job, active or standing by.
 *
 * It keeps a file locked as long as it lives. The system drops such a lock with the process, however that ends, and not while
 * it is only stopped: whoever gets the lock knows the instance dead.
 */
export class Instance {
  /** Unique among all instances, ever. */
  readonly id: string;
  readonly #database: Database;
  readonly #path: string;
  #file: Deno.FsFile | undefined;

  /** Makes the instance known. @throws {BrokerError} if that cannot be written */
  constructor(database: Database, job: string) {
    // Short, as the name of a file ends at 255 characters and that of a job may have 236.
    this.id = crypto.randomUUID().slice(-12);
    this.#database = database;
    this.#path = lockPath(database, job, this.id);
    this.#file = lockFile(this.#path);
    try {
      // Nobody learns of the file before it is locked.
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
   * @throws {BrokerError} if that cannot be written; the others find the lock free and know as much
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

/** Whether the instance lives. To be called in a transaction, as all below. */
export function lifeOf(database: Database, job: string, id: string): Life {
  let file: Deno.FsFile | undefined;
  try {
    file = Deno.openSync(lockPath(database, job, id), { read: true, write: true });
    // Shared, so that two who look at the same time do not take one another for the owner.
    return file.tryLockSync(false) ? "dead" : "alive";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "unknown";
    throw error;
  } finally {
    file?.close();
  }
}

/** Words for a person: "process 4711". */
export function describeInstance(database: Database, id: string): string {
  const row = database.statement("SELECT description FROM instance WHERE id = ?").get(id);
  return row === undefined ? "another process" : row.description as string;
}

/** Whether an instance of the job lives, active or standing by. Clears up after dead ones. */
export function anyLives(database: Database, job: string): boolean {
  let living = 0;
  for (const row of database.statement("SELECT id FROM instance WHERE job = ?").all(job)) {
    const id = row.id as string;
    const life = lifeOf(database, job, id);
    if (life === "alive") living++;
    if (life === "dead") bury(database, job, id);
  }
  return living > 0;
}

/** Clears up after an instance that lives no more. */
export function bury(database: Database, job: string, id: string): void {
  forget(database, id);
  removeFile(lockPath(database, job, id));
}

function forget(database: Database, id: string): void {
  database.statement("DELETE FROM instance WHERE id = ?").run(id);
}

function lockPath(database: Database, job: string, id: string): string {
  return `${database.dir}/leases/${job}.${id}.lock`;
}

/** Makes the file and locks it; `undefined` where files cannot be locked: there only the timeout tells. */
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
    // Whoever clears up the whole directory takes it too.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
