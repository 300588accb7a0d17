/**
 * The lessons on a real Flink cluster, unchanged and by the command that a person uses: what they write is what they write at home,
 * also when a worker, a TaskManager or the JobManager is killed on the way. The test starts a Kafka and a cluster of its own; it takes
 * some minutes, so it runs only if TEST_FLINK is set.
 */
import { assert, assertEquals } from "@std/assert";
import { type LocalCluster, startCluster, stopCluster } from "../../src/cli/flink/cluster.ts";
import { startKafka } from "../../src/cli/kafka.ts";
import { javaMissing, mavenMissing } from "../../src/cli/maven.ts";
import { FlinkRest, FlinkRestError } from "../../src/flink/rest.ts";
import { mayRunPrograms, succeed, type TestBroker } from "../e2e/programs.ts";
import { until } from "./until.ts";

/** Bookings of each airline. */
const BOOKINGS = 50_000;
const GEN = ["--create", "--seed", "7", "--rate", "max", "--start", "2026-11-01T00:00:00Z", "--step", "20ms"];
const NOW = ["--now", "2026-11-01T00:00:00"];
const ALL = ["--from", "earliest", "--bounded"];
const WITHIN_MS = 180_000;
/** Not the cluster that a person may have here. */
const OWN = { name: "test-cluster", port: 0 };

async function whyNot(): Promise<string | undefined> {
  if (!mayRunPrograms()) return "it needs permission to run programs";
  if (Deno.env.get("TEST_FLINK") === undefined) return "TEST_FLINK is not set";
  return await javaMissing("Flink") ?? await mavenMissing("fetch Flink");
}

/** A cluster, and programs that use it and a Kafka. */
interface World {
  readonly cluster: LocalCluster;
  readonly broker: TestBroker;
}

async function withCluster(fn: (world: World) => Promise<void>): Promise<void> {
  const kafka = await startKafka();
  try {
    const cluster = await startCluster(OWN);
    try {
      const env = { BOOTSTRAP_SERVERS: kafka.bootstrapServers, FLINK_REST: cluster.address };
      await fn({ cluster, broker: { name: "Kafka", env } });
    } finally {
      await stopCluster(OWN);
    }
  } finally {
    await kafka.stop();
  }
}

/** The committed records of a topic, each with partition, timestamp, key and value, in an order of their own. */
async function read({ broker }: World, topic: string): Promise<string[]> {
  const { stdout } = await succeed(broker, "topics", ["read", topic, "--bounded", "--json"]);
  return stdout.trimEnd().split("\n").map((line) => line.replace(/"offset":\d+,/, "")).sort();
}

/** Submits a lesson. @returns its id on the cluster */
async function submit({ broker }: World, file: string, flags: readonly string[]): Promise<string> {
  const own = ["run", `src/${file}`, "--parallelism", "2", "--detached"];
  return (await succeed(broker, "flink", [...own, "--", ...flags])).stdout.trim();
}

async function finishes({ cluster }: World, id: string): Promise<void> {
  assertEquals(await new FlinkRest(cluster.address).ended(id, AbortSignal.timeout(WITHIN_MS)), "FINISHED");
}

function waitFor(what: string, condition: () => Promise<boolean>): Promise<void> {
  return until(condition, what, WITHIN_MS);
}

/** Whether all tasks run that a checkpoint was restored for: until then the job cannot be stopped. */
async function isRestored(rest: FlinkRest, id: string): Promise<boolean> {
  try {
    const { vertices } = await rest.job(id);
    return (await rest.checkpoints(id)).counts.restored > 0 &&
      vertices.every(({ tasks, parallelism }) => tasks.RUNNING === parallelism);
  } catch (error) {
    // The JobManager is away, or has not found its jobs yet.
    if (error instanceof FlinkRestError) return false;
    throw error;
  }
}

type Kill = (cluster: LocalCluster) => Promise<void>;

/** Kills a process of the cluster; `up` brings it back. */
function kill(name: string): Kill {
  return async ({ processes }) => {
    await processes.find((process) => process.name === name)!.kill();
    await startCluster(OWN);
  };
}

/** A worker is a child of the TaskManager that has its subtask; the runner starts another. */
const killWorker: Kill = async ({ processes }) => {
  for (const process of processes.filter(({ name }) => name.startsWith("taskmanager"))) {
    const { stdout } = await new Deno.Command("pgrep", { args: ["-P", String(await process.pid())] }).output();
    const [worker] = new TextDecoder().decode(stdout).trim().split("\n");
    if (worker === "") continue;
    const { success } = await new Deno.Command("sh", { args: ["-c", `kill -9 ${worker}`] }).output();
    return assert(success, `cannot kill worker ${worker}`);
  }
  throw new Error("no TaskManager has a worker");
};

/** The one that has workers. */
const killTaskManager: Kill = async (cluster) => {
  for (
    const { name, pid } of await Promise.all(
      cluster.processes.map(async (each) => ({ name: each.name, pid: await each.pid() })),
    )
  ) {
    if (!name.startsWith("taskmanager")) continue;
    const { success } = await new Deno.Command("pgrep", { args: ["-P", String(pid)] }).output();
    if (success) return await kill(name)(cluster);
  }
  throw new Error("no TaskManager has a worker");
};

const KILLS: Readonly<Record<string, Kill>> = {
  "a worker": killWorker,
  "a TaskManager": killTaskManager,
  "the JobManager": kill("jobmanager"),
};

const missing = await whyNot();

Deno.test({
  name: `lessons 16 and 20 on Flink give what they give at home${
    missing === undefined ? "" : ` (skipped: ${missing})`
  }`,
  ignore: missing !== undefined,
  fn: () =>
    withCluster(async (world) => {
      const { broker, cluster } = world;
      const gen = () => succeed(broker, "gen", [...GEN, "--count", String(BOOKINGS)]);
      await gen();
      await succeed(broker, "s16", [...ALL, ...NOW]);
      await succeed(broker, "s20", ALL);
      const flights = await read(world, "flightdata");
      const statistics = await read(world, "userstatistics");
      assert(flights.length > 10_000 && statistics.length > 100);

      await gen();
      await finishes(world, await submit(world, "s16_merge.ts", [...ALL, ...NOW]));
      assertEquals(await read(world, "flightdata"), flights);

      // What is before the last window is there without the end of the input; stop --drain brings the rest.
      const times = statistics.map((line) => JSON.parse(line).timestamp as number);
      const beforeLast = times.filter((ms) => ms < Math.max(...times)).length;
      for (const [what, strike] of Object.entries(KILLS)) {
        await gen();
        // In the order of time, as a merge on a cluster does not write.
        await succeed(broker, "s16", [...ALL, ...NOW]);
        const id = await submit(world, "s20_manage_state.ts", ["--from", "earliest", "--commit-interval", "300ms"]);
        const rest = new FlinkRest(cluster.address);
        await waitFor("a checkpoint", async () => (await rest.checkpoints(id)).counts.completed > 0);
        await strike(cluster);
        await waitFor(`the job is restored, killed: ${what}`, () => isRestored(rest, id));
        await waitFor(
          `results, killed: ${what}`,
          async () => (await read(world, "userstatistics")).length >= beforeLast,
        );
        await succeed(broker, "flink", ["stop", id, "--drain"]);
        assertEquals(await read(world, "userstatistics"), statistics, `killed: ${what}`);
      }
    }),
});
