/** What is done to the processes of a cluster, its workers and its broker. Each leaves everything running again. */
import { startCluster } from "../../src/cli/flink/cluster.ts";
import type { LocalProcess } from "../../src/cli/flink/local_process.ts";
import { outputOf } from "../../src/cli/commands.ts";
import { SYSTEM_CLOCK } from "../../src/engine/mod.ts";
import type { FlinkWorld } from "./world.ts";

/** There is no worker to disturb: no job runs, or none any more. */
export class NoWorkerError extends Error {
  override name = "NoWorkerError";
}

/** A disturbance by its name: it strikes at what is random in it by `chance`, numbers from 0 to 1. */
export interface FlinkFault {
  readonly name: string;
  /** Whether a job has to start again because of it: an experiment waits for that, so that no strike goes amiss. */
  readonly fails: boolean;
  /** Pairs of bookings that are written behind the strike, where a few would not show it. */
  readonly pairsBehind?: number;
  readonly strike: (world: FlinkWorld, chance: () => number) => Promise<void>;
}

/** How long a broker is down. */
const BROKER_DOWN_MS = 2_000;

/** All of them, by what they hit. */
export const FLINK_FAULTS = {
  worker: { name: "a worker is killed", fails: true, strike: (world, chance) => onWorker(world, chance, "kill -9 $0") },
  taskManager: { name: "a TaskManager is killed", fails: true, strike: killTaskManager },
  jobManager: {
    name: "the JobManager is killed",
    fails: false,
    strike: (world) => restart(world, processOf(world, "jobmanager")),
  },
  hangs: {
    name: "a worker hangs",
    fails: true,
    // The runner ends it when it has not answered in time.
    strike: (world, chance) => onWorker(world, chance, "kill -STOP $0"),
  },
  memory: {
    name: "a worker runs out of memory",
    fails: true,
    // It gets no page of memory more, and needs one only when there is enough to do.
    pairsBehind: 2_000,
    strike: (world, chance) => onWorker(world, chance, "prlimit --pid $0 --data=1000000"),
  },
  prints: {
    name: "a worker's standard output has a text between frames",
    fails: true,
    strike: (world, chance) => onWorker(world, chance, "echo hello there >/proc/$0/fd/1"),
  },
  broker: {
    name: "the broker is killed and comes back",
    fails: false,
    strike: async ({ parts: { kafka } }) => {
      await kafka.kill();
      await SYSTEM_CLOCK.sleep(BROKER_DOWN_MS);
      await kafka.restart();
    },
  },
} as const satisfies Record<string, FlinkFault>;

function processOf({ parts: { cluster } }: FlinkWorld, name: string): LocalProcess {
  return cluster.processes.find((process) => process.name === name)!;
}

/** Kills a process of the cluster; what starts the cluster brings it back. */
async function restart({ parts: { clusterOptions } }: FlinkWorld, process: LocalProcess): Promise<void> {
  await process.kill();
  await startCluster(clusterOptions);
}

/** One that has workers. */
async function killTaskManager(world: FlinkWorld, chance: () => number): Promise<void> {
  const busy = (await workers(world)).map(({ taskManager }) => taskManager);
  await restart(world, processOf(world, pick(busy, chance)));
}

/** Runs a script with a worker's process id as `$0`. */
async function onWorker(world: FlinkWorld, chance: () => number, script: string): Promise<void> {
  const { pid } = pick(await workers(world), chance);
  if (await outputOf("sh", ["-c", script, String(pid)]) === undefined) throw new Error(`Cannot do this: ${script}`);
}

interface Worker {
  readonly taskManager: string;
  readonly pid: number;
}

/** All that run: each is a child of the TaskManager that has its subtask. */
async function workers({ parts: { cluster } }: FlinkWorld): Promise<Worker[]> {
  const found: Worker[] = [];
  for (const process of cluster.processes.filter(({ name }) => name.startsWith("taskmanager"))) {
    const children = await outputOf("pgrep", ["-P", String(await process.pid())]) ?? "";
    for (const pid of children.split("\n").filter((line) => line !== "")) {
      found.push({ taskManager: process.name, pid: Number(pid) });
    }
  }
  return found;
}

function pick<T>(items: readonly T[], chance: () => number): T {
  if (items.length === 0) throw new NoWorkerError("Cannot disturb a worker: none runs");
  return items[Math.floor(chance() * items.length)]!;
}
