/**
 * A real Apache Kafka on this machine, for tests and for trying things out without Docker: `deno task kafka`.
 *
 * The first start fetches Kafka from Maven Central into `.kafka/` (some 45 MB); a start takes a few seconds. It is one
 * process that is broker and controller, with its data in a temporary folder that is removed when it stops.
 */
import { parseArgs } from "@std/cli/parse-args";

const KAFKA_VERSION = "4.1.0";
const READY_WITHIN_MS = 90_000;
const STOP_WITHIN_MS = 15_000;

const HELP =
  `Starts one Apache Kafka ${KAFKA_VERSION} on this machine, until Ctrl-C. Needs Java 17 and, the first time, Maven.

Usage: deno task kafka [--port N]

  --port N   where it listens; left out, a free port is taken
  --help     this text

Its address is the only line on standard output. Its topics are gone when it stops.`;

/** How to start a Kafka. */
export interface KafkaOptions {
  /** Left out, a free port is taken. */
  readonly port?: number;
  /** Folder that keeps what Maven fetched, default `.kafka` in the current folder. */
  readonly dir?: string;
  /** Is given what Java and Maven print, line by line; left out, it is shown only in the error of a failed start. */
  readonly log?: (line: string) => void;
}

/** A Kafka process. */
export interface RunningKafka {
  /** `localhost:PORT`, the same for every restart. */
  readonly bootstrapServers: string;
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

/** What is missing to run Kafka here, as a sentence; undefined if nothing is. */
export async function kafkaPrerequisites(dir: string = ".kafka"): Promise<string | undefined> {
  if (Deno.build.os === "windows") return "Cannot run Kafka: this script needs a POSIX shell; use WSL";
  const java = await outputOf("java", ["-version"]);
  if (java === undefined) return "Cannot run Kafka: there is no java; install a Java 17 runtime";
  const version = Number(/version "(\d+)/.exec(java)?.[1] ?? 0);
  if (version < 17) return `Cannot run Kafka: it needs Java 17 or newer, this is ${java.split("\n", 1)[0]}`;
  if (await exists(libsFolder(dir))) return undefined;
  const maven = await outputOf("mvn", ["-v"]);
  return maven === undefined ? "Cannot fetch Kafka: there is no mvn; install Apache Maven" : undefined;
}

/**
 * Starts a Kafka and resolves when it answers.
 *
 * The Java process dies with this one, however that ends: a pipe that only this process holds open tells it.
 *
 * @throws {Error} if something is missing, the port is taken or Kafka does not come up; with the last lines it printed
 */
export async function startKafka(options: KafkaOptions = {}): Promise<RunningKafka> {
  const { dir = ".kafka", log = () => {} } = options;
  const missing = await kafkaPrerequisites(dir);
  if (missing !== undefined) throw new Error(missing);
  const libs = await fetchLibs(dir, log);

  const ports = { broker: freePort(options.port), controller: freePort() };
  const data = await Deno.makeTempDir({ prefix: "kafka-" });
  try {
    await Deno.writeTextFile(`${data}/server.properties`, serverProperties(data, ports));
    const format = ["-cp", `${libs}/*`, "kafka.tools.StorageTool", "format", "-t", clusterId()];
    await run("java", [...QUICK_START, ...format, "-c", `${data}/server.properties`], log);
    const java = new KafkaProcess(libs, data, ports.broker, log);
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
  readonly crashed: Promise<string>;
  readonly #crash: (words: string) => void;
  readonly #libs: string;
  readonly #data: string;
  readonly #port: number;
  readonly #log: (line: string) => void;
  #child: Deno.ChildProcess | undefined;
  #output: Promise<unknown> = Promise.resolve();
  #lastLines: string[] = [];

  constructor(libs: string, data: string, port: number, log: (line: string) => void) {
    const { promise, resolve } = Promise.withResolvers<string>();
    this.bootstrapServers = `localhost:${port}`;
    this.crashed = promise;
    this.#crash = resolve;
    this.#libs = libs;
    this.#data = data;
    this.#port = port;
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

function serverProperties(data: string, ports: { readonly broker: number; readonly controller: number }): string {
  const listener = `PLAINTEXT://localhost:${ports.broker}`;
  return Object.entries({
    "process.roles": "broker,controller",
    "node.id": 1,
    "controller.quorum.voters": `1@localhost:${ports.controller}`,
    "controller.listener.names": "CONTROLLER",
    "listeners": `${listener},CONTROLLER://localhost:${ports.controller}`,
    "advertised.listeners": listener,
    "log.dirs": `${data}/logs`,
    "num.partitions": 1,
    "offsets.topic.num.partitions": 5,
    "offsets.topic.replication.factor": 1,
    "transaction.state.log.num.partitions": 5,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "share.coordinator.state.topic.num.partitions": 1,
    "share.coordinator.state.topic.replication.factor": 1,
    "share.coordinator.state.topic.min.isr": 1,
    // Else it waits 9 s after a kill() until the controller believes that its predecessor is dead.
    "broker.session.timeout.ms": 3_000,
    "broker.heartbeat.interval.ms": 500,
    "group.min.session.timeout.ms": 500,
    "group.initial.rebalance.delay.ms": 0,
    // On, though nothing of ours relies on it: so tests can prove that nothing of ours makes it happen.
    "auto.create.topics.enable": true,
    "log.cleaner.dedupe.buffer.size": 16_777_216,
    "log.cleaner.backoff.ms": 1_000,
  }).map(([name, value]) => `${name}=${value}\n`).join("");
}

/** The folder with Kafka's jars, fetched if this is the first time. */
async function fetchLibs(dir: string, log: (line: string) => void): Promise<string> {
  const libs = libsFolder(dir);
  if (await exists(libs)) return await Deno.realPath(libs);
  await Deno.mkdir(dir, { recursive: true });
  // Fetched beside and then renamed: an interrupted download is no Kafka, and two at a time do not mix.
  const part = await Deno.makeTempDir({ dir, prefix: "fetch-" });
  try {
    await Deno.writeTextFile(`${part}/pom.xml`, POM);
    await run(
      "mvn",
      ["-q", "-B", "-f", `${part}/pom.xml`, "dependency:copy-dependencies", "-DoutputDirectory=libs"],
      log,
    );
    await Deno.rename(`${part}/libs`, libs).catch(async (error) => {
      if (!await exists(libs)) throw error;
    });
  } finally {
    await removeFolder(part);
  }
  return await Deno.realPath(libs);
}

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId>
  <artifactId>kafka</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka_2.13</artifactId>
      <version>${KAFKA_VERSION}</version>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId>
      <artifactId>slf4j-simple</artifactId>
      <version>1.7.36</version>
    </dependency>
  </dependencies>
</project>
`;

function libsFolder(dir: string): string {
  return `${dir}/kafka-${KAFKA_VERSION}`;
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function removeFolder(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** All that a command printed; undefined if there is no such command or it failed. */
async function outputOf(command: string, args: string[]): Promise<string | undefined> {
  try {
    const { success, stdout, stderr } = await new Deno.Command(command, { args, stdin: "null" }).output();
    return success ? new TextDecoder().decode(stderr) + new TextDecoder().decode(stdout) : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function run(command: string, args: string[], log: (line: string) => void): Promise<void> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args, stdin: "null" }).output();
  const text = (new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr)).trim();
  if (text !== "") text.split("\n").forEach(log);
  if (!success) throw new Error(`Cannot start Kafka: "${command}" failed\n${text}`);
}

function signalTo(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch {
    // It has ended by itself.
  }
}

/** The port, or any if none is given, when nobody listens there. */
function freePort(wanted = 0): number {
  try {
    const listener = Deno.listen({ hostname: "localhost", port: wanted });
    const { port } = listener.addr;
    listener.close();
    return port;
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    throw new Error(`Cannot start Kafka at localhost:${wanted}: something listens there already`);
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

function portOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new RangeError(`Cannot listen at port "${text}": --port takes a number from 1 to 65535`);
}

async function main(args: readonly string[]): Promise<number> {
  const say = (text: string) => Deno.stderr.writeSync(new TextEncoder().encode(`${text}\n`));
  const unknown: string[] = [];
  const flags = parseArgs([...args], {
    boolean: ["help"],
    string: ["port"],
    unknown: (name: string) => (unknown.push(name), false),
  });
  let port: number | undefined;
  try {
    if (unknown.length > 0) throw new RangeError(`Unknown argument "${unknown[0]}"`);
    port = portOf(flags.port);
  } catch (error) {
    say(`${(error as Error).message}\n\n${HELP}`);
    return 2;
  }
  if (flags.help) {
    Deno.stdout.writeSync(new TextEncoder().encode(`${HELP}\n`));
    return 0;
  }

  const missing = await kafkaPrerequisites();
  if (missing !== undefined) {
    say(missing);
    return 1;
  }

  const ended = Promise.withResolvers<number>();
  Deno.addSignalListener("SIGINT", () => ended.resolve(130));
  Deno.addSignalListener("SIGTERM", () => ended.resolve(0));
  try {
    // Asked to end while it starts, it ends when it has started.
    const kafka = await startKafka(port === undefined ? {} : { port });
    Deno.stdout.writeSync(new TextEncoder().encode(`Kafka is ready at ${kafka.bootstrapServers}\n`));
    const end = await Promise.race([ended.promise, kafka.crashed]);
    await kafka.stop();
    if (typeof end === "number") return end;
    say(end);
    return 1;
  } catch (error) {
    say((error as Error).message);
    return 1;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
