/** Two processes that run the same job in turn, each in its own way: what the machine does meanwhile happens to both. */
import { ROOT } from "../src/utils/task.ts";
import type { TurnsRequest } from "./in_memory/turns.ts";
import { ratios } from "./measurement.ts";
import { v8FlagsOf } from "./task.ts";

/** One of the two. */
export interface Side extends TurnsRequest {
  /** Where the project lies that it runs; default: here. */
  readonly root?: URL;
  /** Finds its broker, if it needs one. */
  readonly env?: Readonly<Record<string, string>>;
}

/** How often. */
export interface PairOptions {
  /** So many times both processes are started anew: how V8 compiles a program differs from process to process. */
  readonly pairs: number;
  /** Turns of each process that count. */
  readonly turns: number;
  readonly signal: AbortSignal;
}

/** Turns that are for the compiler. */
const WARM_UP = 3;

/** @returns for each pair of processes the median ratio of their turns: processor time of `side` to that of `other` */
export async function compareInTurn(side: Side, other: Side, options: PairOptions): Promise<number[]> {
  const { pairs, turns, signal } = options;
  const medians: number[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    await using one = new TurningProcess(side, signal);
    await using another = new TurningProcess(other, signal);
    const times: [number, number][] = [];
    for (let turn = 0; turn < WARM_UP + turns; turn++) {
      // Each is first as often as the other.
      const first = turn % 2 === 0 ? await one.turn() : undefined;
      const otherMs = await another.turn();
      times.push([first ?? await one.turn(), otherMs]);
    }
    const counted = times.slice(WARM_UP);
    medians.push(ratios(counted.map(([ms]) => ms), counted.map(([, ms]) => ms)).median);
  }
  return medians;
}

/** A process that waits for its turns. */
class TurningProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reader: ReadableStreamDefaultReader<string>;
  readonly #job: string;

  constructor({ root = ROOT, env = {}, ...request }: Side, signal: AbortSignal) {
    const [flags] = v8FlagsOf(request.job);
    this.#child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-q",
        "--no-prompt",
        "--no-check",
        "--allow-env",
        "--allow-read",
        "--allow-write",
        "--allow-net",
        `${flags ?? "--v8-flags="},--expose-gc`,
        new URL("bench/in_memory/turns.ts", root).pathname,
        JSON.stringify(request),
      ],
      env: { ...env, TZ: "UTC" },
      cwd: root,
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
      signal,
    }).spawn();
    this.#job = request.job;
    this.#writer = this.#child.stdin.getWriter();
    this.#reader = this.#child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Runs the job once. @returns processor time, ms */
  async turn(): Promise<number> {
    await this.#writer.write(new TextEncoder().encode("\n"));
    let text = "";
    while (!text.endsWith("\n")) {
      const { value, done } = await this.#reader.read();
      if (done) throw new Error(`Cannot measure ${this.#job} in turns: its process has ended, see above`);
      text += value;
    }
    return Number(text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer.close();
    await this.#reader.cancel();
    await this.#child.status;
  }
}
