import { ROOT } from "../../src/utils/task.ts";
import { ChaosError } from "../chaos_error.ts";

/** How long a report may take, ms. */
const PATIENCE_MS = 300_000;

/** `deno task dev` at work. It is killed when it goes out of scope. */
export class DevProgram implements AsyncDisposable {
  /** All that it has written to standard error. */
  said = "";
  readonly #child: Deno.ChildProcess;
  readonly #ended: Promise<number>;
  #news = Promise.withResolvers<void>();
  #over = false;

  /**
   * @param env names its broker; added to the environment of this process
   * @param signal kills it
   */
  constructor(args: readonly string[], env: Readonly<Record<string, string>>, signal: AbortSignal) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: [...args],
      cwd: ROOT,
      env: { NO_COLOR: "1", LOG_LEVEL: "info", ...env },
      stdin: "null",
      stdout: "null",
      stderr: "piped",
      signal,
    }).spawn();
    this.#ended = Promise.all([this.#child.status, this.#read()]).then(([{ code }]) => {
      this.#over = true;
      this.#news.resolve();
      return code;
    });
  }

  /** Waits until it has written these words, behind the first `after` characters. */
  async reports(words: string, after: number): Promise<void> {
    const deadline = AbortSignal.timeout(PATIENCE_MS);
    const late = new Promise<void>((resolve) => deadline.addEventListener("abort", () => resolve()));
    while (!this.said.slice(after).includes(words)) {
      if (this.#over || deadline.aborted) {
        throw new ChaosError(`deno task dev never reported ${words}, but: ${this.said.slice(after)}`);
      }
      await Promise.race([this.#news.promise, late]);
    }
  }

  /**
   * @param options.withStack whether the job itself has failed, and printed where
   * @throws {ChaosError} unless it has refused once since then, in one line and without a stack
   */
  checkOneSentence(after: number, { withStack }: { readonly withStack: boolean }): void {
    const lines = this.said.slice(after).split("\n");
    const refused = lines.filter((line) => line.includes("refused: "));
    const stack = withStack ? [] : lines.filter((line) => /^\s+at /.test(line));
    const isWhole = refused.length === 1 && refused[0]!.endsWith("; the version before goes on") && stack.length === 0;
    if (!isWhole) throw new ChaosError(`deno task dev did not refuse in one sentence, but: ${lines.join("\n")}`);
  }

  /** Interrupts it, as Ctrl-C does. @throws {ChaosError} unless it ends with 130 */
  async interrupt(): Promise<void> {
    this.#child.kill("SIGINT");
    const code = await this.#ended;
    if (code !== 130) throw new ChaosError(`deno task dev ended with code ${code}: ${this.said.slice(-2_000)}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#over) this.#child.kill("SIGKILL");
    await this.#ended;
  }

  async #read(): Promise<void> {
    for await (const text of this.#child.stderr.pipeThrough(new TextDecoderStream())) {
      this.said += text;
      const news = this.#news;
      this.#news = Promise.withResolvers();
      news.resolve();
    }
  }
}
