/** Apache Kafka as child processes: a single broker, or a cluster of several. */
import { removeFolder, run } from "../commands.ts";
import { fetchLibs, type FetchOptions, kafkaPrerequisites } from "./fetch.ts";
import { freePorts } from "../ports.ts";
import { KafkaProcess, QUIET, type RunningKafka } from "./process.ts";
import { type KafkaListener, type ListenerAt, type Node, serverProperties } from "./server_properties.ts";

/** A user who may log in with SCRAM. */
export interface ScramUser {
  readonly mechanism: "SCRAM-SHA-256" | "SCRAM-SHA-512";
  readonly name: string;
  readonly password: string;
}

/** How to start Kafka. */
export interface KafkaOptions {
  /** The port; left out: a free one. */
  readonly port?: number;
  /** The folder that keeps what Maven has fetched; default: `.kafka` in the current folder. */
  readonly dir?: string;
  /** A version of Kafka in Maven Central, from 3.3 on; left out: the one that the tests are made for. */
  readonly version?: string;
  /** More listeners, each at a free port. */
  readonly listeners?: readonly KafkaListener[];
  readonly scramUsers?: readonly ScramUser[];
  /** Logs what Java and Maven print, line by line; left out: it is shown only in the error of a failed start. */
  readonly log?: (line: string) => void;
}

/** How to start a cluster. */
export interface ClusterOptions extends Pick<KafkaOptions, "port" | "dir" | "version" | "log"> {
  /** How many; each is a controller too. With three or more, topics get three replicas, of which two must have a record. */
  readonly brokers: number;
  /** Kafka's feature of that name: 2 gives each transaction an epoch of its own, 1 is what older brokers have. */
  readonly transactionVersion?: 1 | 2;
  /**
   * For a proxy between brokers: called with each broker and the port at which it listens for the others, it resolves to the port
   * that is advertised to them instead.
   */
  readonly replicateThrough?: (broker: number, port: number) => Promise<number>;
}

/** A cluster of Kafka processes. */
export interface RunningCluster {
  /** `localhost:PORT` of every broker, with commas between them. */
  readonly bootstrapServers: string;
  /** Broker n is at place n − 1. They are stopped with the cluster, not one by one. */
  readonly brokers: readonly RunningKafka[];
  /** Ends every process and removes all data. */
  stop(): Promise<void>;
}

/**
 * Starts Kafka and resolves when it answers.
 *
 * The Java process ends with this one, however that ends: by the end of a pipe that only this process holds open.
 *
 * @throws {Error} if something is missing, the port is taken or Kafka does not start; with the last lines that it printed
 */
export async function startKafka(options: KafkaOptions = {}): Promise<RunningKafka> {
  const { dir = ".kafka", listeners = [], scramUsers = [], log = () => {} } = options;
  const libs = await libsIn({ dir, version: options.version, log });
  const [port, controller, ...others] = freePorts([options.port ?? 0, 0, ...listeners.map(() => 0)]);
  const more = listeners.map((listener, index) => ({ ...listener, port: others[index]! }));
  const nodes = [{ id: 1, port: port!, controller: controller! }];
  const heap = ["-Xms512m", "-Xmx1g"];
  const [kafka] = await startNodes({ libs, nodes, more, scramUsers, features: [], heap, log });
  return kafka!;
}

/**
 * Starts a cluster on this machine and resolves when all of its brokers answer. Its processes die with this one.
 *
 * @throws {Error} if something is missing, a port is taken or a broker does not start; with the last lines that it printed
 */
export async function startKafkaCluster(options: ClusterOptions): Promise<RunningCluster> {
  const { brokers, port, transactionVersion, replicateThrough, dir = ".kafka", log = () => {} } = options;
  const libs = await libsIn({ dir, version: options.version, log });
  const wanted = Array.from({ length: brokers }, (_, i) => port === undefined ? 0 : port + i);
  const ports = freePorts([...wanted, ...Array<number>(2 * brokers).fill(0)]);
  const nodes = await Promise.all(wanted.map(async (_, i): Promise<Node> => {
    const node = { id: i + 1, port: ports[i]!, controller: ports[brokers + i]! };
    if (replicateThrough === undefined) return node;
    const replication = ports[2 * brokers + i]!;
    return { ...node, replication: { port: replication, advertised: await replicateThrough(node.id, replication) } };
  }));
  // Small heaps: tests write little, and a machine has to hold several brokers.
  const heap = ["-Xms96m", "-Xmx320m"];
  const features = transactionVersion === undefined ? [] : [`transaction.version=${transactionVersion}`];
  const started = await startNodes({ libs, nodes, more: [], scramUsers: [], features, heap, log });
  return {
    bootstrapServers: started.map(({ bootstrapServers }) => bootstrapServers).join(","),
    brokers: started,
    stop: () => stopAll(started),
  };
}

async function libsIn(options: FetchOptions): Promise<string> {
  const missing = await kafkaPrerequisites(options.dir, options.version);
  if (missing !== undefined) throw new Error(missing);
  return await fetchLibs(options);
}

interface Nodes {
  readonly libs: string;
  readonly nodes: readonly Node[];
  /** Listeners of each node beside the plain one. */
  readonly more: readonly ListenerAt[];
  readonly scramUsers: readonly ScramUser[];
  /** `name=version` of features with another level than Kafka's default. */
  readonly features: readonly string[];
  readonly heap: readonly string[];
  readonly log: (line: string) => void;
}

/** Starts all nodes at once, as a broker of a cluster does not answer before most of them are running. */
async function startNodes({ nodes, ...options }: Nodes): Promise<KafkaProcess[]> {
  const cluster = clusterId();
  const folders: string[] = [];
  const processes: KafkaProcess[] = [];
  try {
    for (const node of nodes) {
      const data = await Deno.makeTempDir({ prefix: "kafka-" });
      folders.push(data);
      await Deno.writeTextFile(
        `${data}/server.properties`,
        serverProperties({ data, node, nodes, more: options.more }),
      );
      await format(data, cluster, options);
      processes.push(new KafkaProcess({ ...options, data, port: node.port, listeners: options.more }));
    }
    const starts = await Promise.allSettled(processes.map((process) => process.start()));
    const failed = starts.find((start) => start.status === "rejected");
    if (failed !== undefined) throw failed.reason;
    return processes;
  } catch (error) {
    await Promise.all(processes.map((process) => process.kill()));
    for (const data of folders) await removeFolder(data);
    throw error;
  }
}

const QUICK_START = [...QUIET, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"];

/** Prepares a data folder for its first start. */
async function format(
  data: string,
  cluster: string,
  { libs, scramUsers, features, log }: Omit<Nodes, "nodes">,
): Promise<void> {
  const users = scramUsers.flatMap(({ mechanism, name, password }) => [
    "--add-scram",
    `${mechanism}=[name=${name},password=${password}]`,
  ]);
  const chosen = features.flatMap((feature) => ["--feature", feature]);
  const tool = ["-cp", `${libs}/*`, "kafka.tools.StorageTool", "format", "-t", cluster];
  await run(
    "start Kafka",
    "java",
    [...QUICK_START, ...tool, "-c", `${data}/server.properties`, ...users, ...chosen],
    log,
  );
}

/** Kills all processes: the last ones could not shut down cleanly without a controller. */
async function stopAll(processes: readonly KafkaProcess[]): Promise<void> {
  await Promise.all(processes.map((process) => process.kill()));
  await Promise.all(processes.map((process) => process.stop()));
}

/** A random cluster id as Kafka writes them: 16 bytes in URL-safe base64. */
function clusterId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[0]! &= 0x3f; // no leading "-", which the storage tool would take for an option
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
