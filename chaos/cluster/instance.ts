import { argumentsOf, ROOT } from "../../src/utils/task.ts";
import type { JobName } from "../request.ts";
import { NOW } from "./feeder.ts";

/** When an instance that has ended is started again, as by a supervisor of processes, ms. */
const BACK_AFTER_MS = 500;

/** The arguments of each job's command. */
const ARGS: Readonly<Record<JobName, readonly string[]>> = {
  s16: ["--from", "earliest", "--session-timeout", "6s", "--now", NOW],
  s20: ["--from", "earliest", "--session-timeout", "6s"],
};

/** One of a job's processes, `deno task s16` as a person runs it; whenever it has ended, it is started again. */
export class Instance implements AsyncDisposable {
  readonly job: JobName;
  /** `s16-1` */
  readonly name: string;
  /** The last lines of the process for each time that it ended by itself with an error. */
  readonly failures: string[] = [];
  readonly #env: Readonly<Record<string, string>>;
  readonly #log: Deno.FsFile;
  readonly #running: Promise<void>;
  #child: Deno.ChildProcess | undefined;
  #wanted = true;
  /** Whether the current process was asked to end, or killed: then its end is not a failure. */
  #asked = false;
  #lastCode = 0;

  private constructor(job: JobName, name: string, env: Readonly<Record<string, string>>, log: Deno.FsFile) {
    this.job = job;
    this.name = name;
    this.#env = env;
    this.#log = log;
    this.#running = this.#run();
  }

  /** @param dir the folder for its log */
  static async start(
    job: JobName,
    number: number,
    options: { readonly env: Readonly<Record<string, string>>; readonly dir: string },
  ): Promise<Instance> {
    const name = `${job}-${number}`;
    return new Instance(
      job,
      name,
      options.env,
      await Deno.open(`${options.dir}/${name}.log`, { create: true, write: true }),
    );
  }

  /** Sends a signal to the current process, if there is one. */
  signal(signal: Deno.Signal): void {
    if (this.#child === undefined) return;
    if (signal === "SIGKILL" || signal === "SIGTERM") this.#asked = true;
    this.#note(`---- ${signal}`);
    try {
      this.#child.kill(signal);
    } catch {
      // It has just ended.
    }
  }

  /** Ends it for good. @returns false if it had to be killed, or ended with an error */
  async end(): Promise<boolean> {
    this.#wanted = false;
    this.signal("SIGCONT");
    this.signal("SIGTERM");
    const hard = setTimeout(() => this.signal("SIGKILL"), 30_000);
    await this.#running;
    clearTimeout(hard);
    return this.#lastCode === 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#wanted = false;
    this.signal("SIGKILL");
    await this.#running;
    this.#log.close();
  }

  async #run(): Promise<void> {
    while (this.#wanted) {
      this.#asked = false;
      this.#note("---- starts");
      const child = new Deno.Command(Deno.execPath(), {
        args: [...argumentsOf(this.job), ...ARGS[this.job]],
        cwd: ROOT,
        env: { NO_COLOR: "1", BROKER: "", BROKER_DIR: "", LOG_LEVEL: "info", ...this.#env },
        stdin: "null",
        stdout: "null",
        stderr: "piped",
      }).spawn();
      this.#child = child;
      let last = "";
      for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
        this.#log.writeSync(new TextEncoder().encode(text));
        last = (last + text).slice(-2_000);
      }
      const { code, signal } = await child.status;
      this.#child = undefined;
      this.#lastCode = code;
      this.#note(`---- ended with ${signal ?? code}`);
      if (!this.#asked) this.failures.push(`${this.name} ended with ${signal ?? code}: ${lastErrorIn(last)}`);
      if (this.#wanted) await new Promise((resolve) => setTimeout(resolve, BACK_AFTER_MS));
    }
  }

  #note(text: string): void {
    this.#log.writeSync(new TextEncoder().encode(`${text} ${new Date().toISOString()}\n`));
  }
}

function lastErrorIn(text: string): string {
  const lines = text.trim().split("\n");
  return lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1)!;
}
