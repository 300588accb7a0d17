import { JobError } from "../../engine/mod.ts";
import { SHOWN_BY_ANOTHER, writeError, writeOutput } from "../../utils.ts";
import { MESSAGE_MARK } from "../../inspect/follow/protocol.ts";
import type { DevCommand, DevMessage, JobShape } from "./protocol.ts";
import { firstError } from "../../inspect/first_error.ts";

/** A job's file, its arguments, and the flags with which Deno runs it. */
export interface JobProgram {
  readonly file: string;
  readonly args: readonly string[];
  readonly runFlags: readonly string[];
}

/** What a process has come to. */
type Phase = DevMessage["type"] | "over";

/** How long a process may take to commit and end, ms. */
const END_WITHIN_MS = 8_000;
/** How long a program may take to describe its job, ms. */
const DESCRIBE_WITHIN_MS = 60_000;
const KEPT_CHARACTERS = 20_000;
const encoder = new TextEncoder();

/**
 * A version of a job in a process of its own. The process keeps the code as it was when it began, whatever becomes of the files:
 * it can pause and go on.
 */
export class JobProcess {
  readonly #child: Deno.ChildProcess;
  readonly #commands: WritableStreamDefaultWriter<Uint8Array>;
  readonly #cwd = Deno.cwd();
  #phases = new Set<Phase>();
  #shape: JobShape | undefined;
  #errors = "";
  #isHeard = false;
  #news = Promise.withResolvers<void>();
  /** Resolves with its exit code when it has ended and all that it printed is through. */
  readonly ended: Promise<number>;

  /** Starts a process that describes its job, and tries in memory that the last commit fits it. */
  constructor({ file, args, runFlags }: JobProgram) {
    const preload = new URL("preload.ts", import.meta.url).href;
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", ...runFlags, `--preload=${preload}`, file, ...args],
      env: Deno.stderr.isTerminal() ? { [SHOWN_BY_ANOTHER]: "1" } : { NO_COLOR: "1" },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#commands = this.#child.stdin.getWriter();
    const { stdout, stderr } = this.#child;
    this.ended = Promise.all([this.#child.status, this.#takeOutput(stdout), this.#takeErrors(stderr)])
      .then(([{ code }]) => {
        this.#add("over");
        return code;
      });
  }

  /** Whether the process is no more. */
  get isOver(): boolean {
    return this.#phases.has("over");
  }

  /** Whether the job has come to its end by itself. */
  get isFinished(): boolean {
    return this.#phases.has("finished");
  }

  /**
   * What it describes, when that has been tried.
   * @throws {JobError} with the reason, in one sentence, if it has failed
   */
  async shape(): Promise<JobShape> {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.kill();
    }, DESCRIBE_WITHIN_MS);
    await this.#until("ready", "over");
    clearTimeout(timer);
    if (this.#shape !== undefined) return this.#shape;
    if (isLate) throw new JobError(`it has not described its job within ${DESCRIBE_WITHIN_MS / 1000} s`);
    throw new JobError(this.error ?? "it describes no job: it never calls env.execute()");
  }

  /** The last error that it reported, in one sentence. */
  get error(): string | undefined {
    return firstError(this.#errors, this.#cwd);
  }

  /** Has the job run. */
  async run(): Promise<void> {
    this.#isHeard = true;
    this.#errors = "";
    for (const phase of ["runs", "stands by", "paused"] as const) this.#phases.delete(phase);
    await this.#send("run");
  }

  /** Resolves when it waits for the active instance to end; or runs, or is no more. */
  async standsBy(): Promise<void> {
    await this.#until("stands by", "runs", "finished", "over");
  }

  /** Resolves when it has made its first commit. @returns false if it has ended without one */
  async runs(): Promise<boolean> {
    await this.#until("runs", "finished", "over");
    return this.#phases.has("runs") || this.isFinished;
  }

  /** Has the job commit and pause; one that does not is killed. @returns false if it has ended instead */
  async pause(): Promise<boolean> {
    await this.#send("pause");
    const timer = setTimeout(() => this.kill(), END_WITHIN_MS);
    await this.#until("paused", "finished", "over");
    clearTimeout(timer);
    return this.#phases.has("paused");
  }

  /** Has the job commit and its process end; one that does not is killed. */
  async end(): Promise<void> {
    await this.#commands.close().catch(() => {}); // it has gone by itself
    const timer = setTimeout(() => this.kill(), END_WITHIN_MS);
    await this.ended;
    clearTimeout(timer);
  }

  /** Ends the process where it stands. */
  kill(): void {
    if (this.isOver) return;
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has gone by itself, and its output is still on its way.
    }
  }

  async #send(command: DevCommand): Promise<void> {
    await this.#commands.write(encoder.encode(`${command}\n`)).catch(() => {}); // it has gone by itself
  }

  async #until(...phases: readonly Phase[]): Promise<void> {
    while (!phases.some((phase) => this.#phases.has(phase))) await this.#news.promise;
  }

  #add(phase: Phase): void {
    this.#phases.add(phase);
    const news = this.#news;
    this.#news = Promise.withResolvers();
    news.resolve();
  }

  async #takeOutput(stdout: ReadableStream<Uint8Array>): Promise<void> {
    let rest = "";
    for await (const text of stdout.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>)) {
      const lines = `${rest}${text}`.split("\n");
      rest = lines.pop()!;
      await this.#print(lines.filter((line) => !this.#takeMessage(line)));
    }
    if (rest !== "") await this.#print([rest]);
  }

  async #print(lines: readonly string[]): Promise<void> {
    if (lines.length > 0) await writeOutput(`${lines.join("\n")}\n`);
  }

  #takeMessage(line: string): boolean {
    const start = line.indexOf(MESSAGE_MARK);
    if (start < 0) return false;
    const message: DevMessage = JSON.parse(line.slice(start + MESSAGE_MARK.length));
    if (message.type === "ready") this.#shape = message.shape;
    this.#add(message.type);
    return true;
  }

  async #takeErrors(stderr: ReadableStream<Uint8Array>): Promise<void> {
    for await (const text of stderr.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>)) {
      // Until it is to run, only the reason of its failure counts.
      if (this.#isHeard) writeError(text);
      this.#errors = `${this.#errors}${text}`.slice(-KEPT_CHARACTERS);
    }
  }
}
