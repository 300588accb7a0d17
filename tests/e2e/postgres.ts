/** A PostgreSQL of Debian's for tests: a cluster in a folder of its own, gone with the test. */
import { join } from "node:path";

const VERSIONS = "/usr/lib/postgresql";

/** Where its programs are, or why it cannot be used. */
export async function findPostgres(): Promise<{ readonly bin: string } | { readonly missing: string }> {
  const versions: number[] = [];
  try {
    for await (const { name } of Deno.readDir(VERSIONS)) versions.push(Number(name));
  } catch {
    return { missing: `there is no PostgreSQL in ${VERSIONS}: apt install postgresql` };
  }
  const newest = Math.max(...versions.filter(Number.isFinite));
  return versions.length === 0 ? { missing: `${VERSIONS} is empty` } : { bin: `${VERSIONS}/${newest}/bin` };
}

/** A server that is up. */
export class Postgres implements AsyncDisposable {
  readonly url: string;
  /** Runs one of its programs, as a user that it accepts: it refuses root. */
  readonly #run: (program: string, args: readonly string[]) => Promise<void>;
  readonly #dir: string;

  private constructor(url: string, dir: string, run: (program: string, args: readonly string[]) => Promise<void>) {
    this.url = url;
    this.#dir = dir;
    this.#run = run;
  }

  static async start(bin: string): Promise<Postgres> {
    const dir = await Deno.makeTempDir({ prefix: "postgres-" });
    const isRoot = Deno.uid() === 0;
    if (isRoot) await succeed("chown", ["postgres", dir]);
    const run = (program: string, args: readonly string[]) =>
      isRoot
        ? succeed("runuser", ["-u", "postgres", "--", join(bin, program), ...args])
        : succeed(join(bin, program), args);
    const data = join(dir, "data");
    const port = freePort();
    await run("initdb", ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]);
    const options = `-h 127.0.0.1 -p ${port} -k ${dir}`;
    await run("pg_ctl", ["-D", data, "-o", options, "-w", "-l", join(dir, "log"), "start"]);
    return new Postgres(`postgres://postgres@127.0.0.1:${port}/postgres`, dir, run);
  }

  /** Stops the server at once and starts it again, as after a crash of its machine. */
  async crash(): Promise<void> {
    const data = join(this.#dir, "data");
    await this.#run("pg_ctl", ["-D", data, "-m", "immediate", "-w", "-l", join(this.#dir, "log"), "restart"]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#run("pg_ctl", ["-D", join(this.#dir, "data"), "-m", "immediate", "-w", "stop"]);
    await Deno.remove(this.#dir, { recursive: true });
  }
}

async function succeed(program: string, args: readonly string[]): Promise<void> {
  // What pg_ctl starts keeps its output open: nobody waits for the end of it.
  const { code } = await new Deno.Command(program, {
    args: [...args],
    cwd: "/",
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).output();
  if (code !== 0) throw new Error(`Cannot run ${program} ${args.join(" ")}: it ended with ${code}`);
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
