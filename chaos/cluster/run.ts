/** The experiment on a cluster: s16 and s20 under load while brokers, leaders and processes are disturbed. */
import { startKafkaCluster } from "../../src/cli/kafka.ts";
import { SYSTEM_CLOCK } from "../../src/engine/mod.ts";
import { chanceOf } from "../chance.ts";
import { WireProxy } from "../wire/mod.ts";
import { Clients, clusterPrerequisites } from "./clients.ts";
import { disturb, type Disturbance, type Disturbed } from "./disturb.ts";
import { BROKER_FAULTS, type Fault, JOB_FAULTS, type Stage } from "./faults.ts";
import { Feeder, NOW } from "./feeder.ts";
import { Instance } from "./instance.ts";
import { Replication } from "./replication.ts";
import { ReadTopics } from "./topics.ts";
import { type JobVerdict, judge } from "./verdict.ts";
import { WIRE_FAULTS } from "./wire_faults.ts";

/** Options of the experiment. Its start and end add to `durationMs`. */
export interface ClusterChaosOptions extends Omit<Disturbance, "faults"> {
  readonly brokers: number;
  /** 2: each transaction has an epoch of its own, so that a broker refuses late requests; 1: it cannot. */
  readonly transactionVersion: 1 | 2;
  readonly seed: number;
  /** Left out: all faults. */
  readonly faults?: readonly (readonly Fault[])[];
}

/** The result of the experiment. */
export interface ClusterChaosResult extends Disturbed {
  readonly jobs: readonly JobVerdict[];
  /** Bookings that were fed. */
  readonly bookings: number;
  /** Processes that ended by themselves, with their last error. */
  readonly failures: readonly string[];
  /** What else is wrong. */
  readonly complaints: readonly string[];
  /** The folder with the log of each process, and of the faults. */
  readonly logs: string;
}

/** Faults of brokers, of jobs and of requests. */
export const ALL_FAULTS: readonly (readonly Fault[])[] = [BROKER_FAULTS, JOB_FAULTS, WIRE_FAULTS];

/** A cluster cannot be run on this machine. */
class ClusterMissingError extends Error {
  override name = "ClusterMissingError";
  readonly code = "TOOL_FAILED";
}

/** Starts a cluster, disturbs it, and compares the jobs' output with what it must be. */
export async function runClusterChaos(options: ClusterChaosOptions): Promise<ClusterChaosResult> {
  const missing = await clusterPrerequisites();
  if (missing !== undefined) throw new ClusterMissingError(missing);
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  await using replication = new Replication();
  const cluster = await startKafkaCluster({
    brokers: options.brokers,
    transactionVersion: options.transactionVersion,
    replicateThrough: (broker, port) => replication.standBefore(broker, port),
  });
  try {
    await using proxy = await WireProxy.start(cluster.bootstrapServers);
    await using clients = await Clients.start(cluster.bootstrapServers);
    clients.failed.catch((error) => stop.abort(error));
    return await experiment({ cluster, proxy, replication, clients }, { ...options, signal });
  } finally {
    stop.abort();
    await cluster.stop();
  }
}

async function experiment(
  means: Pick<Stage, "cluster" | "proxy" | "replication" | "clients">,
  options: ClusterChaosOptions,
): Promise<ClusterChaosResult> {
  const { clients, proxy } = means;
  const { seed, signal } = options;
  const logs = await Deno.makeTempDir({ prefix: "chaos-cluster-" });
  const log = noteIn(`${logs}/faults.log`);
  const topics = new ReadTopics(clients, signal);
  await topics.open();
  const feeder = new Feeder(clients, chanceOf(seed + 1));
  await using processes = new AsyncDisposableStack();
  const instances: Instance[] = [];
  const place = { env: { BOOTSTRAP_SERVERS: proxy.bootstrapServers }, dir: logs };
  for (const [job, number] of [["s16", 1], ["s20", 1], ["s16", 2], ["s20", 2]] as const) {
    instances.push(processes.use(await Instance.start(job, number, place)));
  }
  const fed = new AbortController();
  const feeding = feeder.run(AbortSignal.any([fed.signal, signal]));
  // Its error is handled below, unless another one has ended the experiment.
  feeding.catch(() => {});
  if (!await topics.begun()) {
    throw new Error(`The jobs wrote nothing before anything disturbed them; their logs are in ${logs}`);
  }
  log("undisturbed so far: all outputs have been read");

  const sleep = (ms: number) => SYSTEM_CLOCK.sleep(ms, signal);
  const stage = { ...means, instances, chance: chanceOf(seed), log, sleep };
  const disturbed = await disturb(stage, { faults: ALL_FAULTS, ...options });
  fed.abort();
  await feeding;
  log("closing bookings are written");
  const complaints = await topics.complete(feeder);
  for (const instance of instances) {
    if (!await instance.end()) complaints.push(`${instance.name} did not end well after SIGTERM`);
  }
  await topics.finish();
  return {
    ...disturbed,
    jobs: judge(topics, { now: NOW, closingMs: feeder.closingMs }),
    bookings: feeder.bookings,
    failures: instances.flatMap(({ failures }) => failures),
    complaints,
    logs,
  };
}

function noteIn(path: string): (words: string) => void {
  return (words) => Deno.writeTextFileSync(path, `${new Date().toISOString()} ${words}\n`, { append: true });
}
