import { argumentsOf, ROOT } from "../src/utils/task.ts";
import type { ProgramRequest, ProgramWord } from "./request.ts";

/** How long to wait for the next message of a process, ms. */
const PATIENCE_MS = 60_000;

/** A process that runs program.ts, one life of a job. It is killed when it goes out of scope. */
export class Process implements AsyncDisposable {
  /** All that it has written to standard error. */
  stderr = "";
  /** How often it has committed something new; −1 until it is ready to work. */
  commits = -1;
  /** Offsets that it has read and committed, all partitions added up; −1 until it is ready to work. */
  position = -1;
  /** The fault point at which it is held. */
  held: string | undefined;
  /** How often it passed each fault point: its last message, if it has ended by itself. */
  passed: Readonly<Record<string, number>> | undefined;
  /** When it had first committed something new, ms of `performance.now()`. */
  firstCommitAtMs: number | undefined;
  /** Resolves when it has ended and all of its messages have been read. */
  readonly ended: Promise<Deno.CommandStatus>;
  readonly #child: Deno.ChildProcess;
  #over = false;
  #news = Promise.withResolvers<void>();

  /**
   * @param env names its broker; added to the environment of this process
   * @param signal kills it
   */
  constructor(request: ProgramRequest, env: Readonly<Record<string, string>>, signal: AbortSignal) {
    signal.throwIfAborted();
    // With the flags and permissions of a user's run.
    const flags = argumentsOf(request.lesson).slice(0, -1);
    this.#child = new Deno.Command(Deno.execPath(), {
      args: [
        ...flags,
        "--config",
        new URL("deno.json", ROOT).pathname,
        new URL("program.ts", import.meta.url).href,
        JSON.stringify(request),
      ],
      env: { NO_COLOR: "1", ...env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const stop = () => this.kill("SIGKILL");
    signal.addEventListener("abort", stop);
    const words = lines(this.#child.stdout, (line) => this.#hear(JSON.parse(line) as ProgramWord));
    const errors = lines(this.#child.stderr, (line) => this.stderr += `${line}\n`);
    this.ended = Promise.all([this.#child.status, words, errors]).then(([status]) => {
      signal.removeEventListener("abort", stop);
      this.#over = true;
      this.#news.resolve();
      return status;
    });
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Whether it has ended. */
  get over(): boolean {
    return this.#over;
  }

  kill(signal: Deno.Signal): void {
    try {
      this.#child.kill(signal);
    } catch (error) {
      // It has ended meanwhile, as its status shows.
      if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  /**
   * Waits until `reached()`, which is called after each of its messages.
   * @returns false if it ended before
   * @throws {Error} with what it has logged, if that takes too long
   */
  async until(reached: () => boolean): Promise<boolean> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(
      () =>
        late.reject(new Error(`A process did nothing new for ${PATIENCE_MS / 1000} s; it has logged:\n${this.stderr}`)),
      PATIENCE_MS,
    );
    try {
      while (!reached()) {
        if (this.#over) return false;
        await Promise.race([this.#news.promise, late.promise]);
      }
      return true;
    } finally {
      clearTimeout(timer);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#over) this.kill("SIGKILL");
    await this.ended;
  }

  #hear(word: ProgramWord): void {
    if ("commits" in word) {
      this.commits = word.commits;
      this.position = word.position;
      if (word.commits > 0) this.firstCommitAtMs ??= performance.now();
    } else if ("held" in word) this.held = word.held;
    else this.passed = word.passed;
    const news = this.#news;
    this.#news = Promise.withResolvers();
    news.resolve();
  }
}

/** Passes on whole lines only: the unfinished line of a killed process is dropped. */
async function lines(stream: ReadableStream<Uint8Array>, take: (line: string) => void): Promise<void> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const found = (rest + text).split("\n");
    rest = found.pop()!;
    found.forEach(take);
  }
}
