/** Kafka's own Java clients, in a process of their own. */
import { outputOf } from "../../src/cli/commands.ts";
import { fetchLibs, kafkaPrerequisites } from "../../src/cli/kafka/fetch.ts";

/** What is missing to run a cluster and these clients, as a sentence; undefined if nothing is missing. */
export async function clusterPrerequisites(): Promise<string | undefined> {
  const missing = await kafkaPrerequisites();
  if (missing !== undefined) return missing;
  const modules = await outputOf("java", ["--list-modules"]);
  if (modules?.includes("jdk.compiler@")) return undefined;
  return "Cannot run Kafka's clients: this Java has no compiler; install a Java 17 JDK instead of the runtime alone";
}

/** A committed record that Kafka's consumer has read. */
export interface ReadRecord {
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly key: string;
  readonly value: string;
}

/**
 * Writes the input, reads the output and moves leaders, without sharing any code with the client under test.
 * `Clients.java` has its commands.
 */
export class Clients implements AsyncDisposable {
  /** Rejects when the process or one of its readers fails, which ends the experiment. */
  readonly failed: Promise<never>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #answers = new Map<number, PromiseWithResolvers<string>>();
  readonly #followers = new Map<string, (record: ReadRecord) => void>();
  readonly #over: Promise<void>;
  #fail!: (error: Error) => void;
  #asked = 0;
  #ending = false;

  private constructor(child: Deno.ChildProcess) {
    this.#writer = child.stdin.getWriter();
    this.failed = new Promise((_, reject) => this.#fail = reject);
    this.failed.catch(() => {});
    this.#over = Promise.all([this.#listen(child.stdout), child.status]).then(([, { code }]) => {
      if (!this.#ending) this.#end(new Error(`Kafka's clients ended with ${code}`));
    });
  }

  /** Starts the process, which compiles its file itself and so needs a JDK. */
  static async start(bootstrapServers: string): Promise<Clients> {
    const libs = await fetchLibs({ dir: ".kafka", log: () => {} });
    const source = new URL("Clients.java", import.meta.url).pathname;
    const child = new Deno.Command("java", {
      args: ["-Xmx256m", "-XX:+UseSerialGC", ...QUIET, "-cp", `${libs}/*`, source, bootstrapServers],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    return new Clients(child);
  }

  async create(topic: string, partitions: number): Promise<void> {
    await this.#ask("create", topic, partitions);
  }

  async exists(topic: string): Promise<boolean> {
    return await this.#ask("exists", topic) === "true";
  }

  /** Sends a record; {@link flush} resolves when it is acknowledged. */
  write(topic: string, record: { readonly timestamp: number; readonly key: string; readonly value: string }): void {
    this.#say("write", topic, record.timestamp, record.key, record.value);
  }

  /** Resolves when all in-sync replicas have acknowledged all records. */
  async flush(): Promise<void> {
    await this.#ask("flush");
  }

  /** Makes another in-sync replica the leader; `pick` chooses which. @returns its broker */
  async move(topic: string, partition: number, pick: number): Promise<number> {
    return Number(await this.#ask("move", topic, partition, pick));
  }

  /** The broker that coordinates a transactional id. */
  async coordinatorOf(transactionalId: string): Promise<number> {
    return Number(await this.#ask("coordinator", transactionalId));
  }

  /** Passes each committed record of a topic to `take`, once, from the beginning of the topic on. */
  follow(topic: string, take: (record: ReadRecord) => void): void {
    this.#followers.set(topic, take);
    this.#say("follow", topic);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending = true;
    await this.#writer.close().catch(() => {});
    await this.#over;
    this.#end(new Error("Kafka's clients have been closed"));
  }

  #ask(command: string, ...words: readonly (string | number)[]): Promise<string> {
    const number = ++this.#asked;
    const answer = Promise.withResolvers<string>();
    this.#answers.set(number, answer);
    this.#say(command, number, ...words);
    return Promise.race([answer.promise, this.failed]);
  }

  #say(...words: readonly (string | number)[]): void {
    this.#writer.write(new TextEncoder().encode(`${words.join("\t")}\n`)).catch(() => {});
  }

  async #listen(stream: ReadableStream<Uint8Array>): Promise<void> {
    let rest = "";
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const line of lines) this.#hear(line.split("\t"));
    }
  }

  #hear([word, name, ...rest]: readonly string[]): void {
    if (word === "record") {
      const [partition, offset, timestamp, key, value] = rest as [string, string, string, string, string];
      this.#followers.get(name!)!({
        partition: Number(partition),
        offset: Number(offset),
        timestamp: Number(timestamp),
        key,
        value,
      });
      return;
    }
    const answer = this.#answers.get(Number(name));
    this.#answers.delete(Number(name));
    if (word === "done") answer?.resolve(rest[0]!);
    else if (answer === undefined) this.#end(new Error(`Kafka's clients failed: ${rest.join(" ")}`));
    else answer.reject(new Error(`Kafka answered: ${rest.join(" ")}`));
  }

  #end(error: Error): void {
    this.#fail(error);
    this.#answers.clear();
  }
}

const QUIET = ["-Dorg.slf4j.simpleLogger.defaultLogLevel=off"];
