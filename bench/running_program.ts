/** Starts and stops programs, and hears what they say. */
import { settledWithin } from "../src/connectors/kafka/patience.ts";

/** A program that failed or took too long: there is no figure of it, which says nothing about others. */
export class ProgramFailure extends Error {
  override name = "ProgramFailure";
}

/** A program and what is known about it. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: URL;
  /** Else it is stopped when it writes nothing any more. */
  readonly endsByItself: boolean;
}

/** A program with all its processes: they are a group of their own, which a signal reaches as a whole. */
export class RunningProgram implements AsyncDisposable {
  /** For messages. */
  readonly name: string;
  readonly pid: number;
  /** What it has said about itself: lines such as `PEER_EVENT job_ms 12079`. */
  readonly events = new Map<string, number>();
  readonly exited: Promise<Deno.CommandStatus>;
  /** Resolves when all that it has said has been heard. */
  readonly silent: Promise<void>;
  readonly #lines: string[] = [];
  #over = false;

  constructor({ command, args, env, cwd }: Program, signal: AbortSignal) {
    const options = cwd === undefined ? {} : { cwd };
    const child = new Deno.Command(command, {
      args: [...args],
      env: { ...env },
      ...options,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      detached: true,
    }).spawn();
    this.name = `"${[command, ...args].join(" ").slice(0, 200)}"`;
    this.pid = child.pid;
    const kill = () => this.stop("SIGKILL");
    signal.addEventListener("abort", kill);
    this.exited = child.status.then((status) => {
      this.#over = true;
      signal.removeEventListener("abort", kill);
      return status;
    });
    const words = Promise.all([this.#read(child.stdout), this.#read(child.stderr)]);
    // Processes below it that live on would keep the pipes open.
    this.silent = this.exited.then(() => settledWithin(2_000, words));
  }

  /** @returns true, that it was stopped */
  stop(signal: Deno.Signal): true {
    try {
      if (!this.#over) Deno.kill(-this.pid, signal);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error; // it has ended meanwhile
    }
    return true;
  }

  /** Kills it if it is still running, and waits for its end: whoever fails to measure it leaves nothing behind. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.stop("SIGKILL");
    await this.silent;
  }

  lastLines(): string {
    return this.#lines.join("\n");
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    let rest = "";
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const line of lines) {
        const [, name, value] = /^PEER_EVENT (\w+) (\S+)/.exec(line) ?? [];
        if (name !== undefined) this.events.set(name, Number(value));
        this.#lines.push(line);
        if (this.#lines.length > 30) this.#lines.shift();
      }
    }
  }
}
