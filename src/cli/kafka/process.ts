/** A Java process that runs Kafka. */
import { removeFolder } from "../commands.ts";
import type { ListenerAt } from "./server_properties.ts";

const READY_WITHIN_MS = 90_000;
const STOP_WITHIN_MS = 15_000;

/** A Kafka process: a broker that is a controller too. */
export interface RunningKafka {
  /** `localhost:PORT`, the same for every restart. */
  readonly bootstrapServers: string;
  /** `localhost:PORT` of each listener that was asked for, by name. */
  readonly listeners: Readonly<Record<string, string>>;
  /** The id of the Java process; another one after a restart. */
  readonly pid: number;
  /** Resolves, with a description, if the process ends by itself. */
  readonly crashed: Promise<string>;
  /** Resolves when the process has gone; removes its data unless `keepData`. Safe to call twice. */
  stop(options?: { readonly keepData?: boolean }): Promise<void>;
  /** Kills it like a crash, and keeps its data. */
  kill(): Promise<void>;
  /** Starts it again at the same port with the same data, after `kill()` or `stop({ keepData: true })`. */
  restart(): Promise<void>;
  /** Suspends it (SIGSTOP): its connections stay open, and nothing answers. */
  freeze(): void;
  /** Resumes it (SIGCONT). */
  thaw(): void;
}

/** What a Kafka process needs to start. */
export interface KafkaSetup {
  /** The folder with Kafka's jars. */
  readonly libs: string;
  /** The folder with server.properties, for its data. */
  readonly data: string;
  readonly port: number;
  readonly listeners: readonly ListenerAt[];
  /** Java's flags about memory. */
  readonly heap: readonly string[];
  readonly log: (line: string) => void;
}

/** Makes Java log warnings only. */
export const QUIET = ["-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"];

/** Starts and ends Kafka, in a data folder that has been formatted. */
export class KafkaProcess implements RunningKafka {
  readonly bootstrapServers: string;
  readonly listeners: Readonly<Record<string, string>>;
  readonly crashed: Promise<string>;
  readonly #crash: (words: string) => void;
  readonly #setup: KafkaSetup;
  #child: Deno.ChildProcess | undefined;
  #output: Promise<unknown> = Promise.resolve();
  #lastLines: string[] = [];

  constructor(setup: KafkaSetup) {
    const { promise, resolve } = Promise.withResolvers<string>();
    this.bootstrapServers = `localhost:${setup.port}`;
    this.listeners = Object.fromEntries(setup.listeners.map(({ name, port }) => [name, `localhost:${port}`]));
    this.crashed = promise;
    this.#crash = resolve;
    this.#setup = setup;
  }

  get pid(): number {
    if (this.#child === undefined) throw new Error("Cannot read the process id of Kafka: it is not running");
    return this.#child.pid;
  }

  /** Resolves when it answers. @throws {Error} if it does not, with the last lines that it printed */
  async start(): Promise<void> {
    const { libs, data, heap } = this.#setup;
    // Java replaces the shell, so child.pid is Java's. The reader beside it gets a line at a regular stop, and the end of the pipe
    // when this process has died.
    const script =
      'exec 3<&0; (read -r _ <&3 || { kill -9 $$; rm -rf "$0"; }) >/dev/null 2>&1 & exec "$@" 3<&- </dev/null';
    const java = ["java", ...heap, "-XX:+UseSerialGC", ...QUIET, "-cp", `${libs}/*`];
    const child = new Deno.Command("sh", {
      args: ["-c", script, data, ...java, "kafka.Kafka", `${data}/server.properties`],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#child = child;
    this.#lastLines = [];
    this.#output = Promise.all([this.#drain(child.stdout), this.#drain(child.stderr)]);
    let exited = false;
    let ready = false;
    child.status.then(({ code }) => {
      exited = true;
      if (!ready || this.#child !== child) return;
      this.#crash(
        `Kafka at ${this.bootstrapServers} ended by itself, exit code ${code}\n${this.#lastLines.join("\n")}`,
      );
    });
    for (const deadline = performance.now() + READY_WITHIN_MS; !(await answers(this.#setup.port));) {
      if (exited || performance.now() > deadline) {
        await this.kill();
        const what = exited ? "its process ended" : `it did not answer for ${READY_WITHIN_MS / 1000} s`;
        throw new Error(`Cannot start Kafka at ${this.bootstrapServers}: ${what}\n${this.#lastLines.join("\n")}`);
      }
      await delay(100);
    }
    ready = true;
  }

  async restart(): Promise<void> {
    if (this.#child !== undefined) await this.stop({ keepData: true });
    await this.start();
  }

  async stop(options: { readonly keepData?: boolean } = {}): Promise<void> {
    await this.#end("SIGTERM");
    if (options.keepData !== true) await removeFolder(this.#setup.data);
  }

  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  freeze(): void {
    if (this.#child !== undefined) signalTo(this.#child, "SIGSTOP");
  }

  thaw(): void {
    if (this.#child !== undefined) signalTo(this.#child, "SIGCONT");
  }

  async #end(signal: Deno.Signal): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    this.#child = undefined;
    signalTo(child, signal);
    // A suspended process does not react to SIGTERM.
    signalTo(child, "SIGCONT");
    const hard = setTimeout(() => signalTo(child, "SIGKILL"), STOP_WITHIN_MS);
    await child.status;
    clearTimeout(hard);
    // The line at which the reader beside Java ends without killing Java.
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode("\n")).catch(() => {});
    await writer.close().catch(() => {});
    await this.#output;
  }

  async #drain(stream: ReadableStream<Uint8Array>): Promise<void> {
    let rest = "";
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.#keep(line);
    }
    if (rest !== "") this.#keep(rest);
  }

  #keep(line: string): void {
    this.#setup.log(line);
    this.#lastLines.push(line);
    if (this.#lastLines.length > 30) this.#lastLines.shift();
  }
}

function signalTo(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch {
    // It has ended by itself.
  }
}

/** Whether Kafka answers at a port, asked for its API versions (api 18, version 0, correlation id 7, no client id). */
async function answers(port: number): Promise<boolean> {
  let connection: Deno.TcpConn | undefined;
  const giveUp = setTimeout(() => connection?.close(), 2_000);
  try {
    connection = await Deno.connect({ hostname: "localhost", port });
    await connection.write(new Uint8Array([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 7, 0xff, 0xff]));
    const answer = new Uint8Array(8);
    const length = await connection.read(answer);
    return length === 8 && answer[7] === 7;
  } catch {
    return false;
  } finally {
    clearTimeout(giveUp);
    try {
      connection?.close();
    } catch {
      // Closed by the timeout.
    }
  }
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
