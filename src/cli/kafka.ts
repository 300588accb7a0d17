/**
 * A real Apache Kafka on this machine, for tests and for trying things out without Docker: `deno task kafka`, or a cluster of
 * brokers that can be killed and frozen one by one: `deno task kafka --brokers 3`.
 *
 * The first start fetches Kafka from Maven Central into `.kafka/`; a start takes a few seconds. Each broker is a process that is
 * a controller too, with its data in a temporary folder that is removed when it stops.
 */
import { parseArgs } from "@std/cli/parse-args";
import { KAFKA_VERSION, kafkaPrerequisites } from "./kafka/fetch.ts";
import type { RunningKafka } from "./kafka/process.ts";
import { startKafka, startKafkaCluster } from "./kafka/start.ts";

export { kafkaPrerequisites };
export type { KafkaListener } from "./kafka/server_properties.ts";
export type { RunningKafka } from "./kafka/process.ts";
export type { ClusterOptions, KafkaOptions, RunningCluster, ScramUser } from "./kafka/start.ts";
export { startKafka, startKafkaCluster } from "./kafka/start.ts";

const HELP = `Starts Apache Kafka on this machine, until Ctrl-C. Needs Java 17 and, the first time, Maven.

Usage: deno task kafka [--port N] [--brokers N] [--version X.Y.Z]

  --port N      where it listens; further brokers take the ports after it; left out, free ports are taken
  --brokers N   a cluster of so many brokers (default: 1); with 3 and more, topics have three replicas.
                Disturb one by a line on standard input: kill 2, freeze 2, thaw 2, restart 2
  --version X.Y.Z
                another Kafka than ${KAFKA_VERSION}, from 3.3 on, such as 3.5.2
  --help        this text

Its address is the only line on standard output. Its topics are gone when it stops.`;

const MOST_BROKERS = 9;

function numberOf(flag: string, text: string | undefined, most: number): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (Number.isInteger(number) && number > 0 && number <= most) return number;
  throw new RangeError(`Cannot start Kafka with ${flag} "${text}": it takes a number from 1 to ${most}`);
}

interface Flags {
  readonly help: boolean;
  readonly port: number | undefined;
  readonly brokers: number;
  readonly version: string | undefined;
}

function flagsOf(args: readonly string[]): Flags {
  const unknown: string[] = [];
  const flags = parseArgs([...args], {
    boolean: ["help"],
    string: ["port", "brokers", "version"],
    unknown: (name: string) => (unknown.push(name), false),
  });
  if (unknown.length > 0) throw new RangeError(`Unknown argument "${unknown[0]}"`);
  const port = numberOf("--port", flags.port, 65_535);
  const { version } = flags;
  if (version !== undefined && !/^\d+\.\d+\.\d+$/.test(version)) {
    throw new RangeError(`Cannot start Kafka with --version "${version}": it takes one such as ${KAFKA_VERSION}`);
  }
  return { help: flags.help, port, brokers: numberOf("--brokers", flags.brokers, MOST_BROKERS) ?? 1, version };
}

async function main(args: readonly string[]): Promise<number> {
  let flags: Flags;
  try {
    flags = flagsOf(args);
  } catch (error) {
    say(`${(error as Error).message}\n\n${HELP}`);
    return 2;
  }
  if (flags.help) {
    print(HELP);
    return 0;
  }

  const missing = await kafkaPrerequisites(undefined, flags.version);
  if (missing !== undefined) {
    say(missing);
    return 1;
  }

  const ended = Promise.withResolvers<number>();
  Deno.addSignalListener("SIGINT", () => ended.resolve(130));
  Deno.addSignalListener("SIGTERM", () => ended.resolve(0));
  try {
    // If it is asked to end while it starts, it ends when it has started.
    return await (flags.brokers === 1 ? runOne : runCluster)(flags, ended.promise);
  } catch (error) {
    say((error as Error).message);
    return 1;
  }
}

async function runOne({ port, version }: Flags, ended: Promise<number>): Promise<number> {
  const kafka = await startKafka({ ...port !== undefined && { port }, ...version !== undefined && { version } });
  print(`Kafka is ready at ${kafka.bootstrapServers}`);
  const end = await Promise.race([ended, kafka.crashed]);
  await kafka.stop();
  if (typeof end === "number") return end;
  say(end);
  return 1;
}

/** A broker that ends by itself does not end the others. */
async function runCluster({ port, brokers, version }: Flags, ended: Promise<number>): Promise<number> {
  const cluster = await startKafkaCluster({
    brokers,
    ...port !== undefined && { port },
    ...version !== undefined && { version },
  });
  print(`Kafka is ready at ${cluster.bootstrapServers}`);
  for (const [i, broker] of cluster.brokers.entries()) {
    say(`broker ${i + 1}: ${broker.bootstrapServers}, process ${broker.pid}`);
    broker.crashed.then(say);
  }
  listen(cluster.brokers).catch((error) => say((error as Error).message));
  const code = await ended;
  await cluster.stop();
  return code;
}

/** Carries out the commands on the lines of standard input, until it ends. */
async function listen(brokers: readonly RunningKafka[]): Promise<void> {
  let rest = "";
  for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) if (line.trim() !== "") say(await disturb(brokers, line.trim()));
  }
}

/** Carries out one command. @returns a sentence on what was done */
async function disturb(brokers: readonly RunningKafka[], line: string): Promise<string> {
  const [word, number] = line.split(/\s+/);
  const broker = brokers[Number(number) - 1];
  if (broker === undefined || !/^(kill|freeze|thaw|restart)$/.test(word!)) {
    return `Cannot do "${line}": write kill, freeze, thaw or restart, and the number of a broker, 1 to ${brokers.length}`;
  }
  await broker[word as "kill" | "freeze" | "thaw" | "restart"]();
  const state = { kill: "is dead", freeze: "is frozen", thaw: "goes on", restart: "is back" }[word!];
  return `broker ${number} ${state}`;
}

function say(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${text}\n`));
}

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

if (import.meta.main) Deno.exit(await main(Deno.args));
