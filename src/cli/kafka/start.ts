/** One Apache Kafka as a process of this one. */
import { removeFolder, run } from "./commands.ts";
import { fetchLibs, kafkaPrerequisites } from "./fetch.ts";
import { type KafkaListener, type ListenerAt, serverProperties } from "./server_properties.ts";

const READY_WITHIN_MS = 90_000;
const STOP_WITHIN_MS = 15_000;

/** Somebody who may log in with SCRAM. */
export interface ScramUser {
  readonly mechanism: "SCRAM-SHA-256" | "SCRAM-SHA-512";
  readonly name: string;
  readonly password: string;
}

/** How to start a Kafka. */
export interface KafkaOptions {
  /** Left out, a free port is taken. */
  readonly port?: number;
  /** Folder that keeps what Maven fetched, default `.kafka` in the current folder. */
  readonly dir?: string;
  /** More places to listen at, each at a free port. */
  readonly listeners?: readonly KafkaListener[];
  readonly scramUsers?: readonly ScramUser[];
  /** Is given what Java and Maven print, line by line; left out, it is shown only in the error of a failed start. */
  readonly log?: (line: string) => void;
}

/** A Kafka process. */
export interface RunningKafka {
  /** `localhost:PORT`, the same for every restart. */
  readonly bootstrapServers: string;
  /** `localhost:PORT` of each of {@link KafkaOptions.listeners}, by name. */
  readonly listeners: Readonly<Record<string, string>>;
  /** Of the Java process; a restart changes it. */
  readonly pid: number;
  /** Resolves, with words for it, if the process ends though nobody here has ended it. */
  readonly crashed: Promise<string>;
  /** Resolves when the process has gone; removes its data unless `keepData`. Safe to call twice. */
  stop(options?: { readonly keepData?: boolean }): Promise<void>;
  /** Ends it without warning, like a crash, and keeps its data. */
  kill(): Promise<void>;
  /** Starts it again at the same port with the same data, after `kill()` or `stop({ keepData: true })`. */
  restart(): Promise<void>;
}

/**
 * Starts a Kafka and resolves when it answers.
 *
 * The Java process dies with this one, however that ends: a pipe that only this process holds open tells it.
 *
 * @throws {Error} if something is missing, the port is taken or Kafka does not come up; with the last lines it printed
 */
export async function startKafka(options: KafkaOptions = {}): Promise<RunningKafka> {
  const { dir = ".kafka", listeners = [], scramUsers = [], log = () => {} } = options;
  const missing = await kafkaPrerequisites(dir);
  if (missing !== undefined) throw new Error(missing);
  const libs = await fetchLibs(dir, log);

  const [broker, controller, ...others] = freePorts([options.port ?? 0, 0, ...listeners.map(() => 0)]);
  const more: ListenerAt[] = listeners.map((listener, index) => ({ ...listener, port: others[index]! }));
  const data = await Deno.makeTempDir({ prefix: "kafka-" });
  try {
    await Deno.writeTextFile(
      `${data}/server.properties`,
      serverProperties(data, { broker: broker!, controller: controller!, more }),
    );
    const format = ["-cp", `${libs}/*`, "kafka.tools.StorageTool", "format", "-t", clusterId()];
    const users = scramUsers.flatMap(({ mechanism, name, password }) => [
      "--add-scram",
      `${mechanism}=[name=${name},password=${password}]`,
    ]);
    await run("java", [...QUICK_START, ...format, "-c", `${data}/server.properties`, ...users], log);
    const java = new KafkaProcess(libs, data, { broker: broker!, more }, log);
    await java.start();
    return java;
  } catch (error) {
    await removeFolder(data);
    throw error;
  }
}

const QUIET = ["-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"];
const QUICK_START = [...QUIET, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"];

class KafkaProcess implements RunningKafka {
  readonly bootstrapServers: string;
  readonly listeners: Readonly<Record<string, string>>;
  readonly crashed: Promise<string>;
  readonly #crash: (words: string) => void;
  readonly #libs: string;
  readonly #data: string;
  readonly #port: number;
  readonly #log: (line: string) => void;
  #child: Deno.ChildProcess | undefined;
  #output: Promise<unknown> = Promise.resolve();
  #lastLines: string[] = [];

  constructor(
    libs: string,
    data: string,
    ports: { readonly broker: number; readonly more: readonly ListenerAt[] },
    log: (line: string) => void,
  ) {
    const { promise, resolve } = Promise.withResolvers<string>();
    this.bootstrapServers = `localhost:${ports.broker}`;
    this.listeners = Object.fromEntries(ports.more.map(({ name, port }) => [name, `localhost:${port}`]));
    this.crashed = promise;
    this.#crash = resolve;
    this.#libs = libs;
    this.#data = data;
    this.#port = ports.broker;
    this.#log = log;
  }

  get pid(): number {
    if (this.#child === undefined) throw new Error("Cannot tell the process id of Kafka: it is not running");
    return this.#child.pid;
  }

  async start(): Promise<void> {
    // Java takes the shell's place, so child.pid is Java's. The reader beside it gets a line when all is well, and the end of
    // the pipe when whoever started us has died.
    const script =
      'exec 3<&0; (read -r _ <&3 || { kill -9 $$; rm -rf "$0"; }) >/dev/null 2>&1 & exec "$@" 3<&- </dev/null';
    const java = ["java", "-Xms512m", "-Xmx1g", "-XX:+UseSerialGC", ...QUIET, "-cp", `${this.#libs}/*`];
    const child = new Deno.Command("sh", {
      args: ["-c", script, this.#data, ...java, "kafka.Kafka", `${this.#data}/server.properties`],
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
    for (const deadline = Date.now() + READY_WITHIN_MS; !(await answers(this.#port));) {
      if (exited || Date.now() > deadline) {
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
    if (options.keepData !== true) await removeFolder(this.#data);
  }

  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  async #end(signal: Deno.Signal): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    this.#child = undefined;
    signalTo(child, signal);
    const hard = setTimeout(() => signalTo(child, "SIGKILL"), STOP_WITHIN_MS);
    await child.status;
    clearTimeout(hard);
    // The line that tells the reader beside Java to leave in peace.
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
    this.#log(line);
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

/** The ports, for each 0 any other one where nobody listens. */
function freePorts(wanted: readonly number[]): number[] {
  const listeners: Deno.TcpListener[] = [];
  try {
    for (const port of wanted) listeners.push(Deno.listen({ hostname: "localhost", port }));
    return listeners.map(({ addr }) => addr.port);
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    throw new Error(`Cannot start Kafka at localhost:${wanted[listeners.length]}: something listens there already`);
  } finally {
    for (const listener of listeners) listener.close();
  }
}

/** A random cluster id as Kafka writes them: 16 bytes in URL-safe base64. */
function clusterId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[0]! &= 0x3f; // no leading "-", which the storage tool would take for an option
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** Whether a Kafka answers there: asks for its API versions (api 18, version 0, correlation id 7, no client id). */
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
