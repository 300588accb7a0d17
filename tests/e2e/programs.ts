/** Runs the project's programs as a person does, with the permissions of their tasks. */
import { argumentsOf } from "../../src/utils/task.ts";
import type { Line } from "../../chaos/oracle.ts";

const root = new URL("../../", import.meta.url);

/** Whether this test run may start processes and use files; a test that needs to and may not says that it skips. */
export function mayRunPrograms(): boolean {
  return (["run", "read", "write", "net", "env"] as const).every((name) =>
    Deno.permissions.querySync({ name }).state === "granted"
  );
}

/** A broker to run programs against. */
export interface TestBroker {
  readonly name: string;
  /** What programs find in their environment. */
  readonly env: Record<string, string>;
}

/** The embedded log in a folder of its own. */
export function embeddedBroker(dir: string): TestBroker {
  return { name: "embedded log", env: { BROKER: "embedded", BROKER_DIR: dir } };
}

/** The real Kafka of this test run, if there is one; `tests/run.ts` starts it. */
export function kafkaBroker(): TestBroker | undefined {
  if (Deno.permissions.querySync({ name: "env" }).state !== "granted") return undefined;
  const servers = Deno.env.get("TEST_BOOTSTRAP_SERVERS");
  return servers === undefined ? undefined : { name: "Kafka", env: { BOOTSTRAP_SERVERS: servers } };
}

/** Registers a test for the embedded log and one for Kafka. */
export function forEachBroker(name: string, test: (broker: TestBroker) => Promise<void>): void {
  const allowed = mayRunPrograms();
  Deno.test({
    name: `${name} [embedded log]${allowed ? "" : " (skipped: needs permission to run programs)"}`,
    ignore: !allowed,
    fn: async () => {
      const dir = await Deno.makeTempDir();
      try {
        await test(embeddedBroker(dir));
      } finally {
        await Deno.remove(dir, { recursive: true });
      }
    },
  });
  const kafka = kafkaBroker();
  Deno.test({
    name: `${name} [Kafka]${kafka === undefined ? " (skipped: no TEST_BOOTSTRAP_SERVERS)" : ""}`,
    ignore: !allowed || kafka === undefined,
    fn: () => test(kafka!),
  });
}

/** How a program ended. */
export interface Ended {
  readonly code: number;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that runs. It is killed when it goes out of scope: a test that fails leaves nothing at work. */
export class Program implements AsyncDisposable {
  readonly ended: Promise<Ended>;
  readonly #child: Deno.ChildProcess;
  stderr = "";
  stdout = "";
  #news = Promise.withResolvers<void>();
  #over = false;

  constructor(child: Deno.ChildProcess, stdin: string | undefined) {
    this.#child = child;
    if (stdin !== undefined) this.#feed(stdin);
    const read = Promise.all([
      this.#read(child.stdout, (text) => this.stdout += text),
      this.#read(child.stderr, (text) => this.stderr += text),
    ]);
    this.ended = Promise.all([child.status, read]).then(([{ code, signal }]) => {
      this.#over = true;
      this.#news.resolve();
      return { code, signal, stdout: this.stdout, stderr: this.stderr };
    });
  }

  get pid(): number {
    return this.#child.pid;
  }

  kill(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  get over(): boolean {
    return this.#over;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#over) this.kill("SIGKILL");
    await this.ended;
  }

  /** Waits until standard error matches; fails if the program ends without it or takes too long. */
  says(pattern: RegExp, timeoutMs = 20_000): Promise<void> {
    return this.#until(() => pattern.test(this.stderr), `said ${pattern}`, timeoutMs);
  }

  /** Waits until standard output matches. */
  prints(pattern: RegExp, timeoutMs = 20_000): Promise<void> {
    return this.#until(() => pattern.test(this.stdout), `printed ${pattern}`, timeoutMs);
  }

  async #until(reached: () => boolean, what: string, timeoutMs: number): Promise<void> {
    const deadline = AbortSignal.timeout(timeoutMs);
    const late = new Promise<void>((resolve) => deadline.addEventListener("abort", () => resolve()));
    while (!reached()) {
      if (this.#over || deadline.aborted) {
        throw new Error(`the program never ${what}, but:\n${this.stdout}\n${this.stderr}`);
      }
      await Promise.race([this.#news.promise, late]);
    }
  }

  async #feed(text: string): Promise<void> {
    const writer = this.#child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(text));
    await writer.close();
  }

  async #read(stream: ReadableStream<Uint8Array>, take: (text: string) => void): Promise<void> {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      take(text);
      const news = this.#news;
      this.#news = Promise.withResolvers();
      news.resolve();
    }
  }
}

/** Starts a task of deno.json: the program itself, not the task runner, so that a signal hits it. */
export function start(broker: TestBroker, task: string, args: readonly string[], stdin?: string): Program {
  return startDeno(broker, [...argumentsOf(task), ...args], stdin);
}

/** Starts a file with the permissions of a task. */
export function startFile(broker: TestBroker, file: URL, task: string, args: readonly string[]): Program {
  return startDeno(broker, [...argumentsOf(task).slice(0, -1), file.href, ...args]);
}

/** Starts deno in the project's folder. */
export function startDeno({ env }: TestBroker, args: readonly string[], stdin?: string): Program {
  const child = new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: root,
    env: { LOG_LEVEL: "", BOOTSTRAP_SERVERS: "", BROKER: "", BROKER_DIR: "", NO_COLOR: "1", ...env },
    stdin: stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  return new Program(child, stdin);
}

/** Runs a task to its end. */
export function run(broker: TestBroker, task: string, args: readonly string[], stdin?: string): Promise<Ended> {
  return start(broker, task, args, stdin).ended;
}

/** Runs a program to its end, and fails unless its exit code is 0. */
export async function succeed(
  broker: TestBroker,
  task: string,
  args: readonly string[],
  stdin?: string,
): Promise<Ended> {
  const ended = await run(broker, task, args, stdin);
  if (ended.code !== 0) throw new Error(`${task} ${args.join(" ")} ended with ${ended.code}:\n${ended.stderr}`);
  return ended;
}

/** All committed records of a topic, partition by partition. */
export async function read(broker: TestBroker, topic: string): Promise<Line[]> {
  const { stdout } = await succeed(broker, "topics", ["read", topic, "--bounded", "--json"]);
  const lines = stdout.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line) as Line);
  // Between partitions the reader promises no order.
  return lines.map((line, i) => [line, i] as const)
    .sort(([a, i], [b, j]) => a.partition - b.partition || i - j)
    .map(([line]) => line);
}
