/**
 * Upserts into a table of PostgreSQL: one statement for all that has come since the last, the latest row of each key.
 *
 * Each row replaces the one under its key, so it may be written again: after a crash the job repeats what its last commit does not
 * have, and the table ends as if there had been no crash, as long as a row is made of its key's state and not of chance or the clock.
 * A database that is away sends the job back to its last commit, from where it tries again; a row that it refuses ends the job.
 */
import type { Sink, SinkWriter } from "@stream-apps/deno/sources";
import type postgres from "postgres";

/** Codes of errors that are not about the rows: no connection, a server that starts or stops, a deadlock. */
const MAY_PASS = /^(CONNECT|ECONN|08|40|53|57)/;

/** Where and how rows are written. */
export interface UpsertOptions<T> {
  /** A pool of connections; the job's program opens it, and ends it. */
  readonly sql: postgres.Sql;
  readonly table: string;
  /** All columns. */
  readonly columns: readonly (keyof T & string)[];
  /** Those of the primary key. */
  readonly key: readonly (keyof T & string)[];
}

/** Rows that replace those under their keys. */
export class UpsertSink<T> implements Sink<T> {
  readonly description: string;
  readonly #options: UpsertOptions<T>;

  constructor(options: UpsertOptions<T>) {
    this.#options = options;
    this.description = `table "${options.table}"`;
  }

  /** It is not part of the job's commit: exactly once is the effect, not the delivery. */
  exactlyOnceWith(): boolean {
    return false;
  }

  open(): Promise<SinkWriter<T>> {
    const { sql, key } = this.#options;
    const statement = upsertOf(this.#options);
    let rows: T[] = [];
    return Promise.resolve({
      write: (row) => void rows.push(row),
      takeBack: (count) => void rows.splice(rows.length - count),
      async flush() {
        if (rows.length === 0) return;
        // A statement may not touch a row twice: the latest of each key.
        const latest = new Map(rows.map((row) => [JSON.stringify(key.map((column) => row[column])), row]));
        rows = [];
        await sql.unsafe(statement, [JSON.stringify([...latest.values()])]).catch((error) => {
          throw MAY_PASS.test(error.code) ? Object.assign(error, { retriable: true }) : error;
        });
      },
    });
  }
}

/** The statement, whose one parameter is an array of rows as JSON; the table says of which type a column is. */
function upsertOf<T>({ table, columns, key }: UpsertOptions<T>): string {
  const quoted = (names: readonly string[]) => names.map((name) => `"${name.replaceAll('"', '""')}"`);
  const [name, all] = [quoted([table])[0], quoted(columns).join(", ")];
  const set = quoted(columns.filter((column) => !key.includes(column))).map((column) =>
    `${column} = excluded.${column}`
  );
  return `insert into ${name} (${all}) select ${all} from json_populate_recordset(null::${name}, $1::text::json) ` +
    `on conflict (${quoted(key).join(", ")}) do ${set.length === 0 ? "nothing" : `update set ${set.join(", ")}`}`;
}
