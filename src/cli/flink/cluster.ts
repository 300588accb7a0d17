/** A local Flink cluster: processes that outlive the command that starts them. */
import { SYSTEM_CLOCK } from "../../engine/mod.ts";
import { exists, removeFolder } from "../commands.ts";
import { freePorts } from "../ports.ts";
import { javaMissing } from "../maven.ts";
import { clusterProcesses, configYaml, javaFlags, LOG4J_XML, zooKeeperConfig } from "./config.ts";
import { fetchFlink } from "./fetch.ts";
import { LocalProcess } from "./local_process.ts";

/** The port of a local cluster's dashboard unless another one is asked for. */
export const DEFAULT_PORT = 8091;

/** Four JVMs start at once; a machine that is busy takes minutes for it. */
const READY_WITHIN_MS = 300_000;
/** So many ends of its processes are mended while it starts. */
const MAX_RESTARTS = 3;

/** A cluster that cannot be started, in one sentence. */
export class ClusterError extends Error {
  override name = "ClusterError";
  readonly code = "TOOL_FAILED";
}

/** Which cluster, and how large. */
export interface ClusterOptions {
  /** Keeps Flink's jars and the cluster's files; default `.flink` in the current folder. */
  readonly dir?: string;
  /** Of the folder in `dir` that holds the cluster's files; default `cluster`. Another name is another cluster. */
  readonly name?: string;
  /** Of the dashboard; 0 takes a free one. Default {@link DEFAULT_PORT}. */
  readonly port?: number;
  /** Default 2. */
  readonly taskManagers?: number;
  /** Of each TaskManager; default 2. */
  readonly slots?: number;
  /** Takes one line for each step. */
  readonly log?: (line: string) => void;
}

/** A cluster on this machine. */
export interface LocalCluster {
  /** `http://localhost:8091`: the dashboard, and the REST interface below it. */
  readonly address: string;
  /** The absolute path of its files: `log/`, `checkpoints/`, `savepoints/`. */
  readonly dir: string;
  /** "zookeeper", "jobmanager", "taskmanager-1", … */
  readonly processes: readonly LocalProcess[];
}

/**
 * Starts what is not running of the cluster in `dir`, and resolves when all of its TaskManagers have registered. A cluster that is
 * running already is left as it is, so a process that was killed comes back by the same command.
 *
 * @throws {ClusterError} in one sentence if Java or Maven is missing, the port is taken or a process ends
 */
export async function startCluster(options: ClusterOptions = {}): Promise<LocalCluster> {
  const { dir: home = ".flink", name: folder = "cluster", taskManagers = 2, slots = 2, log = () => {} } = options;
  const missing = await javaMissing("Flink");
  if (missing !== undefined) throw new ClusterError(missing);
  const jars = await fetchFlink(home).catch((error) => {
    throw new ClusterError((error as Error).message);
  });
  await Deno.mkdir(`${home}/${folder}`, { recursive: true });
  const dir = await Deno.realPath(`${home}/${folder}`);
  const running = await isRunning(dir);
  if (!running) await writeFiles(dir, options.port ?? DEFAULT_PORT, slots);
  const cluster: LocalCluster = {
    address: await addressOf(dir),
    dir,
    processes: clusterProcesses(dir, taskManagers).map(({ name, java }) =>
      new LocalProcess({
        name,
        dir,
        command: ["java", ...javaFlags(dir, name), "-cp", `${jars}/*`, ...java],
        env: { TZ: Intl.DateTimeFormat().resolvedOptions().timeZone },
      })
    ),
  };
  try {
    for (const process of cluster.processes) {
      if (await process.isRunning()) continue;
      log(`starting ${process.name}`);
      await process.start();
    }
    await untilReady(cluster, taskManagers);
  } catch (error) {
    if (!running) await stopCluster(options);
    throw error;
  }
  return cluster;
}

/**
 * Ends all processes of the cluster in `dir` and removes its files but for the logs and savepoints.
 * @returns the names of the processes that were running
 */
export async function stopCluster(
  { dir: home = ".flink", name = "cluster" }: Pick<ClusterOptions, "dir" | "name"> = {},
): Promise<string[]> {
  if (!await exists(`${home}/${name}`)) return [];
  const dir = await Deno.realPath(`${home}/${name}`);
  const processes = await LocalProcess.known(dir);
  // TaskManagers first: they would log that their JobManager is gone.
  processes.sort((a, b) => b.name.localeCompare(a.name));
  const stopped = [];
  for (const process of processes) if (await process.stop()) stopped.push(process.name);
  for (const part of ["ha", "zookeeper", "checkpoints", "jars", "tmp", "pids"]) await removeFolder(`${dir}/${part}`);
  return stopped;
}

async function isRunning(dir: string): Promise<boolean> {
  for (const process of await LocalProcess.known(dir)) if (await process.isRunning()) return true;
  return false;
}

async function writeFiles(dir: string, wantedPort: number, slots: number): Promise<void> {
  await removeFolder(`${dir}/log`);
  for (const part of ["conf", "log", "pids", "tmp", "jars", "zookeeper", "savepoints"]) {
    await Deno.mkdir(`${dir}/${part}`, { recursive: true });
  }
  const [port, zooKeeperPort] = portsFor(wantedPort);
  const settings = { dir, port, zooKeeperPort, slots, deno: Deno.execPath() };
  await Deno.writeTextFile(`${dir}/conf/config.yaml`, configYaml(settings));
  await Deno.writeTextFile(`${dir}/conf/zoo.cfg`, zooKeeperConfig(settings));
  await Deno.writeTextFile(`${dir}/conf/log4j.xml`, LOG4J_XML);
}

/** Of the dashboard and of ZooKeeper. */
function portsFor(wantedPort: number): [number, number] {
  try {
    return freePorts([wantedPort, 0], "Flink") as [number, number];
  } catch (error) {
    throw new ClusterError(`${(error as Error).message}; take another port with --port`);
  }
}

/** As its settings have it: the cluster may have been started by another command. */
async function addressOf(dir: string): Promise<string> {
  const [, port] = /^rest\.port: (\d+)$/m.exec(await Deno.readTextFile(`${dir}/conf/config.yaml`))!;
  return `http://localhost:${port}`;
}

async function untilReady({ address, processes }: LocalCluster, taskManagers: number): Promise<void> {
  let restarts = 0;
  for (const deadline = performance.now() + READY_WITHIN_MS; await registered(address) < taskManagers;) {
    for (const process of processes) {
      if (await process.isRunning()) continue;
      // Flink gives up if it has not started within ten seconds of its own, which a busy machine may need more than.
      if (restarts++ < MAX_RESTARTS) {
        await process.start();
        continue;
      }
      throw new ClusterError(
        `Cannot start Flink at ${address}: its ${process.name} ended\n${await process.lastLines()}`,
      );
    }
    if (performance.now() > deadline) {
      throw new ClusterError(
        `Cannot start Flink at ${address}: not all of its TaskManagers have registered within ${
          READY_WITHIN_MS / 1000
        } s; ` +
          `read the logs in ${processes[0]!.logFile.replace(/\/[^/]*$/, "")}`,
      );
    }
    await SYSTEM_CLOCK.sleep(250);
  }
}

/** How many TaskManagers the cluster has; 0 while it does not answer. */
async function registered(address: string): Promise<number> {
  try {
    const response = await fetch(`${address}/overview`, { signal: AbortSignal.timeout(2_000) });
    return (await response.json() as { taskmanagers?: number }).taskmanagers ?? 0;
  } catch {
    return 0;
  }
}
