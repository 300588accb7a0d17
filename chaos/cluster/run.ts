/** The experiment on a cluster: s16 and s20 under load while brokers, leaders and processes are disturbed. */
import { startKafkaCluster } from "../../src/cli/kafka.ts";
import { SYSTEM_CLOCK } from "../../src/engine/mod.ts";
import { chanceOf, shuffled } from "../chance.ts";
import { expectedStatistics } from "../oracle.ts";
import { WireProxy } from "../wire/mod.ts";
import { Clients, clusterPrerequisites, type ReadRecord } from "./clients.ts";
import { between, BROKER_FAULTS, type Fault, JOB_FAULTS, moveLeaders, type Stage } from "./faults.ts";
import { Feeder, NOW } from "./feeder.ts";
import { Instance } from "./instance.ts";
import { Replication } from "./replication.ts";
import { type JobVerdict, judge } from "./verdict.ts";
import { WIRE_FAULTS } from "./wire_faults.ts";

/** What is to be done to the cluster, and for how long. */
export interface ClusterChaosOptions {
  readonly brokers: number;
  /** How long faults come; the start and the end come on top. */
  readonly durationMs: number;
  /** Faults end before, when so many leaders have been moved; left out: they do not. */
  readonly moves?: number;
  readonly seed: number;
  /** Time between two moves of leaders. */
  readonly moveEveryMs: { readonly least: number; readonly most: number };
  /** Faults of brokers and jobs; left out: all there are. */
  readonly faults?: readonly (readonly Fault[])[];
  readonly signal: AbortSignal;
  readonly onProgress?: (words: string) => void;
}

/** What became of it. */
export interface ClusterChaosResult {
  readonly jobs: readonly JobVerdict[];
  /** Bookings that were fed. */
  readonly bookings: number;
  /** Leaders that were moved. */
  readonly moves: number;
  /** How often each other fault came. */
  readonly faults: ReadonlyMap<string, number>;
  /** Processes that ended though nobody ended them: which, and their last word. */
  readonly failures: readonly string[];
  /** What else was not as it must be. */
  readonly complaints: readonly string[];
  /** The folder with what each process said, and when what was done to it. */
  readonly logs: string;
}

const ALL_FAULTS = [BROKER_FAULTS, JOB_FAULTS, WIRE_FAULTS];
const PARTITIONS = 5;
const TOPICS = ["skyone", "sunset", "flightdata", "userstatistics"] as const;
const LETTERS = { s16: "flight_importer.dead-letters", s20: "user_statistics.dead-letters" } as const;
/** When nothing new has come for so long, nothing will. */
const PATIENCE_MS = 60_000;
const PROGRESS_EVERY_MS = 10_000;
/** Readers have come to the end when they have read nothing for so long. */
const QUIET_MS = 2_000;

/** There is nothing here to run a cluster with. */
class ClusterMissingError extends Error {
  override name = "ClusterMissingError";
  readonly expected = true;
}

/** Starts a cluster, disturbs it, and compares what the jobs have written with what they must have written. */
export async function runClusterChaos(options: ClusterChaosOptions): Promise<ClusterChaosResult> {
  const missing = await clusterPrerequisites();
  if (missing !== undefined) throw new ClusterMissingError(missing);
  await using replication = new Replication();
  const cluster = await startKafkaCluster({
    brokers: options.brokers,
    replicateThrough: (broker, port) => replication.standBefore(broker, port),
  });
  try {
    await using proxy = await WireProxy.start(cluster.bootstrapServers);
    await using clients = await Clients.start(cluster.bootstrapServers);
    const means = { cluster, proxy, replication, clients };
    return await Promise.race([experiment(means, options), clients.failed, aborted(options.signal)]);
  } finally {
    await cluster.stop();
  }
}

async function experiment(
  means: Pick<Stage, "cluster" | "proxy" | "replication" | "clients">,
  options: ClusterChaosOptions,
): Promise<ClusterChaosResult> {
  const { clients, proxy } = means;
  const logs = await Deno.makeTempDir({ prefix: "chaos-cluster-" });
  const log = noteIn(`${logs}/faults.log`);
  const topics = await readersOf(clients);
  const chance = chanceOf(options.seed);
  const feeder = new Feeder(clients, chanceOf(options.seed + 1));
  const place = { env: { BOOTSTRAP_SERVERS: proxy.bootstrapServers }, dir: logs };
  await using processes = new AsyncDisposableStack();
  const instances: Instance[] = [];
  for (const [job, number] of [["s16", 1], ["s20", 1], ["s16", 2], ["s20", 2]] as const) {
    instances.push(processes.use(await Instance.start(job, number, place)));
  }
  const over = new AbortController();
  const feeding = feeder.run(over.signal);
  if (!await until(() => topics.userstatistics.length > 0, () => topics.flightdata.length)) {
    throw new Error(`The jobs wrote nothing before anything disturbed them; what they said is in ${logs}`);
  }
  log("undisturbed so far: all outputs have come");

  const disturbed = await disturb({ ...means, instances, chance, log }, options);
  over.abort();
  await feeding;
  log("closing bookings are written");
  const complaints = await catchUp(topics, feeder);
  for (const instance of instances) {
    if (!await instance.end()) complaints.push(`${instance.name} did not end well when it was told to`);
  }
  await readLetters(clients, topics);
  await quiet(() => recordsIn(topics));
  return {
    ...disturbed,
    jobs: judge(topics, { now: NOW, closingMs: feeder.closingMs }),
    bookings: feeder.bookings,
    failures: instances.flatMap(({ failures }) => failures),
    complaints,
    logs,
  };
}

type Read = Record<(typeof TOPICS)[number], ReadRecord[]> & {
  readonly letters: Record<keyof typeof LETTERS, ReadRecord[]>;
};

async function readersOf(clients: Clients): Promise<Read> {
  const topics: Read = {
    skyone: [],
    sunset: [],
    flightdata: [],
    userstatistics: [],
    letters: { s16: [], s20: [] },
  };
  for (const topic of TOPICS) {
    await clients.create(topic, PARTITIONS);
    clients.follow(topic, (record) => topics[topic].push(record));
  }
  return topics;
}

/** They have been made only if there are some. */
async function readLetters(clients: Clients, { letters }: Read): Promise<void> {
  for (const job of ["s16", "s20"] as const) {
    if (await clients.exists(LETTERS[job])) clients.follow(LETTERS[job], (record) => letters[job].push(record));
  }
}

/** Strands at the same time: leaders that move, one broker after the other, one process, one kind of request. */
async function disturb(
  stage: Stage,
  { durationMs, moves = Number.POSITIVE_INFINITY, moveEveryMs, faults = ALL_FAULTS, ...options }: ClusterChaosOptions,
): Promise<Pick<ClusterChaosResult, "moves" | "faults">> {
  const { chance } = stage;
  const deadline = performance.now() + durationMs;
  const struck = new Map<string, number>();
  let moved = 0;
  let toldMs = performance.now();
  const isOver = () => moved >= moves || performance.now() > deadline || options.signal.aborted;
  const strand = async (kinds: readonly Fault[]) => {
    while (!isOver()) {
      // Each kind comes once before any comes again.
      for (const fault of shuffled(kinds, chance)) {
        await SYSTEM_CLOCK.sleep(between(500, 3_000, chance));
        if (isOver()) return;
        if (await fault.strike(stage)) struck.set(fault.name, (struck.get(fault.name) ?? 0) + 1);
      }
    }
  };
  const moving = async () => {
    while (!isOver()) {
      moved += await moveLeaders(stage, between(1, 3, chance));
      if (performance.now() - toldMs > PROGRESS_EVERY_MS) {
        toldMs = performance.now();
        options.onProgress?.(
          [["leader moved", moved], ...struck].map(([name, count]) => `${count} × ${name}`).join(", "),
        );
      }
      await SYSTEM_CLOCK.sleep(between(moveEveryMs.least, moveEveryMs.most, chance));
    }
  };
  await Promise.all([moving(), ...faults.filter((kinds) => kinds.length > 0).map(strand)]);
  return { moves: moved, faults: struck };
}

/** @returns what has not come within the patience */
async function catchUp(topics: Read, feeder: Feeder): Promise<string[]> {
  const fed = await until(
    () => topics.skyone.length + topics.sunset.length >= feeder.bookings && topics.flightdata.length >= feeder.flights,
    () => topics.flightdata.length,
  );
  if (!fed) return [`s16 wrote ${topics.flightdata.length} flights of ${feeder.flights}, and then no more`];
  const closed = topics.flightdata.filter(({ timestamp }) => timestamp < feeder.closingMs);
  const expected = [...expectedStatistics(closed).values()].flat().length;
  const counted = await until(() => topics.userstatistics.length >= expected, () => topics.userstatistics.length);
  if (counted) return [];
  return [`s20 wrote ${topics.userstatistics.length} statistics of ${expected}, and then no more`];
}

/** Waits as long as there is progress. @returns false if it ended before */
async function until(reached: () => boolean, progress: () => number): Promise<boolean> {
  let [known, sinceMs] = [progress(), performance.now()];
  while (!reached()) {
    await SYSTEM_CLOCK.sleep(100);
    if (progress() !== known) [known, sinceMs] = [progress(), performance.now()];
    else if (performance.now() - sinceMs > PATIENCE_MS) return false;
  }
  return true;
}

async function quiet(records: () => number): Promise<void> {
  let known;
  do {
    known = records();
    await SYSTEM_CLOCK.sleep(QUIET_MS);
  } while (records() !== known);
}

function recordsIn({ letters, ...topics }: Read): number {
  return [...Object.values(topics), ...Object.values(letters)].reduce((sum, { length }) => sum + length, 0);
}

function noteIn(path: string): (words: string) => void {
  return (words) => Deno.writeTextFileSync(path, `${new Date().toISOString()} ${words}\n`, { append: true });
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
