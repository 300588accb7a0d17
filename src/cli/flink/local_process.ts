/** A process that goes on when the command that started it has ended: known by a file with its process id. */
import { SYSTEM_CLOCK } from "../../engine/mod.ts";
import { exists, outputOf } from "../commands.ts";

const STOP_WITHIN_MS = 10_000;

/** What a process is started with. */
export interface LocalProcessParts {
  /** Names its files. */
  readonly name: string;
  /** The absolute path of a folder with `pids/` and `log/`. The command has it among its arguments, which tells it from others. */
  readonly dir: string;
  /** Left out for a process that is only to be looked at or ended. */
  readonly command?: readonly string[];
  /** Beside the variables of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** One process, which may be running or not. */
export class LocalProcess {
  readonly name: string;
  /** Where its output goes; a restart appends. */
  readonly logFile: string;
  readonly #dir: string;
  readonly #pidFile: string;
  readonly #command: readonly string[];
  readonly #env: Readonly<Record<string, string>>;

  constructor({ name, dir, command = [], env = {} }: LocalProcessParts) {
    this.name = name;
    this.logFile = `${dir}/log/${name}.log`;
    this.#dir = dir;
    this.#pidFile = `${dir}/pids/${name}`;
    this.#command = command;
    this.#env = env;
  }

  /** The processes that were started in a folder. */
  static async known(dir: string): Promise<LocalProcess[]> {
    if (!await exists(`${dir}/pids`)) return [];
    const processes = [];
    for await (const { name } of Deno.readDir(`${dir}/pids`)) processes.push(new LocalProcess({ name, dir }));
    return processes;
  }

  /** Its process id; undefined if it is not running. */
  async pid(): Promise<number | undefined> {
    const text = await Deno.readTextFile(this.#pidFile).catch((error) => {
      if (error instanceof Deno.errors.NotFound) return "";
      throw error;
    });
    const pid = Number(text);
    if (!Number.isInteger(pid) || pid <= 0) return undefined;
    // Another process may have the number by now.
    const command = await outputOf("ps", ["-ww", "-o", "command=", "-p", String(pid)]);
    return command?.includes(this.#dir) ? pid : undefined;
  }

  async isRunning(): Promise<boolean> {
    return await this.pid() !== undefined;
  }

  /** Starts it; whether it stays up is for its owner to see. */
  async start(): Promise<void> {
    // The shell puts it in the background, where Ctrl-C at the terminal does not reach it.
    const script = '"$@" </dev/null >>"$0" 2>&1 & echo $!';
    const shell = new Deno.Command("sh", {
      args: ["-c", script, this.logFile, ...this.#command],
      env: this.#env,
      stdin: "null",
      stderr: "inherit",
    });
    const pid = new TextDecoder().decode((await shell.output()).stdout).trim();
    await Deno.writeTextFile(this.#pidFile, pid);
  }

  /** Ends it at once, as a crash would. */
  async kill(): Promise<void> {
    await this.#signal("KILL");
  }

  /** Ends it. @returns whether it was running */
  async stop(): Promise<boolean> {
    if (!await this.#signal("TERM")) return false;
    for (const deadline = performance.now() + STOP_WITHIN_MS; await this.isRunning();) {
      if (performance.now() > deadline) await this.#signal("KILL");
      await SYSTEM_CLOCK.sleep(100);
    }
    return true;
  }

  /** The last errors of its log, for messages; where it has none, its end. */
  async lastLines(): Promise<string> {
    const lines = (await Deno.readTextFile(this.logFile)).trimEnd().split("\n").slice(-200);
    const errors = lines.filter((line) => / (ERROR|FATAL) |^(Error|Caused by|Exception)\b/.test(line));
    return (errors.length > 0 ? errors : lines).slice(-8).map((line) => line.slice(0, 300)).join("\n");
  }

  /** @returns whether it was running */
  async #signal(signal: "TERM" | "KILL"): Promise<boolean> {
    const pid = await this.pid();
    if (pid === undefined) return false;
    return await outputOf("sh", ["-c", `kill -${signal} ${pid}`]) !== undefined;
  }
}
