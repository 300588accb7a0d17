/** s16 and s20 on a Flink cluster, beside the same jobs in Java on that cluster: submitted to it in turn, measured by it. */
import { type LocalCluster, startCluster, stopCluster } from "../../src/cli/flink/cluster.ts";
import { SYSTEM_CLOCK } from "../../src/engine/mod.ts";
import { FlinkRest, type JobDetails } from "../../src/flink/rest.ts";
import type { Context, KafkaPlace } from "../context.ts";
import { hourOfBookings } from "../data.ts";
import { type Comparison, ExpectedFlights, ExpectedStatistics } from "../expected.ts";
import { range, ratios } from "../measurement.ts";
import { buildForCluster } from "../peer_builds.ts";
import type { Row, Section } from "../report.ts";
import type { Job } from "../systems.ts";
import { task } from "../task.ts";
import { readTopic, removeTopics, renewTopics } from "../topics.ts";
import { fillInputs } from "./jobs.ts";

const PARALLELISM = 2;
/** One TaskManager, so that both subtasks of every system share one JVM. */
const CLUSTER = { name: "bench-cluster", port: 0, taskManagers: 1, slots: PARALLELISM } as const;
const UNORDERED = ["--order", "none"];
const FILES = { s16: "src/s16_merge.ts", s20: "src/s20_manage_state.ts" } as const;
const OUTPUTS = { s16: "flightdata", s20: "userstatistics" } as const;
const JAVA_ONCE = "Java Flink, exactly once";
const JAVA = "Java Flink, at least once";
const OURS_ONCE = "ours, exactly once";
const OURS = "ours, at least once";
/** What a job does by default. */
const OURS_IN_ORDER = "ours, exactly once and in order";
/** What is compared with what: the same guarantee, Java's order or none. */
const PAIRS = [[OURS_ONCE, JAVA_ONCE], [OURS, JAVA]] as const;
/** What has no counterpart with the same guarantee. */
const MORE_PAIRS = [[OURS_IN_ORDER, JAVA_ONCE], [OURS_IN_ORDER, OURS_ONCE]] as const;

/** A way to run both jobs on the cluster. */
interface ClusterSystem {
  readonly name: string;
  readonly output: (job: Job) => string;
  /** @returns the job's id on the cluster */
  readonly submit: (job: Job) => Promise<string>;
}

/** What one run took. */
interface ClusterRun {
  /** From when its tasks run until its end, s. */
  readonly runS: number;
  /** Of the TaskManager and its workers, s; null where there is no /proc. */
  readonly cpuS: number | null;
}

export async function measureFlink(context: Context): Promise<Section[]> {
  const { kafka, log } = context;
  if (kafka === undefined) return [{ title: "On a Flink cluster", rows: [], notes: ["Left out: there is no Kafka."] }];
  const jar = await buildForCluster(log);
  // One that was killed would go on with its jobs, in all slots.
  await stopCluster(CLUSTER);
  const cluster = await startCluster({ ...CLUSTER, log });
  try {
    const rest = new FlinkRest(cluster.address);
    const jarId = await rest.uploadJar("java-flink.jar", await Deno.readFile(jar));
    const systems = [
      java(JAVA_ONCE, rest, jarId, kafka),
      ours(OURS_ONCE, cluster, kafka, UNORDERED, []),
      ours(OURS_IN_ORDER, cluster, kafka, [], []),
      java(JAVA, rest, jarId, kafka),
      // Neither makes a checkpoint on the way.
      ours(OURS, cluster, kafka, UNORDERED, ["--delivery", "at-least-once", "--commit-interval", "10m"]),
    ];
    const sections: Section[] = [];
    for (const job of ["s16", "s20"] as const) {
      sections.push(await measureJob(context, { job, kafka, cluster, rest, systems }));
    }
    return sections;
  } finally {
    await stopCluster(CLUSTER);
    await removeTopics(kafka.broker.port, ["skyone", "sunset", "flightdata", "userstatistics"]);
  }
}

function ours(
  name: string,
  { address }: LocalCluster,
  { programs }: KafkaPlace,
  ownFlags: readonly string[],
  jobFlags: readonly string[],
): ClusterSystem {
  return {
    name,
    output: (job) => OUTPUTS[job],
    async submit(job) {
      const own = ["run", FILES[job], "--parallelism", String(PARALLELISM), "--detached", ...ownFlags];
      const { command, args } = task("flink", [...own, "--", "--from", "earliest", "--bounded", ...jobFlags], programs);
      const { success, stdout, stderr } = await new Deno.Command(command, {
        args: [...args],
        env: { ...programs.env, FLINK_REST: address },
        stdin: "null",
      }).output();
      if (!success) throw new Error(`Cannot submit ${job}: ${new TextDecoder().decode(stderr)}`);
      return new TextDecoder().decode(stdout).trim();
    },
  };
}

function java(name: string, rest: FlinkRest, jarId: string, { bootstrapServers }: KafkaPlace): ClusterSystem {
  const output = (job: Job) => `bench.${OUTPUTS[job]}.java-flink`;
  return {
    name,
    output,
    submit: (job) =>
      rest.runJar(jarId, {
        arguments: [
          job,
          `BOOTSTRAP_SERVERS=${bootstrapServers}`,
          "PEER_SKYONE=skyone",
          "PEER_SUNSET=sunset",
          `PEER_FLIGHTDATA=${job === "s16" ? output(job) : "flightdata"}`,
          `PEER_USERSTATISTICS=${output("s20")}`,
          `PEER_DELIVERY=${name === JAVA_ONCE ? "exactly-once" : "at-least-once"}`,
        ],
        parallelism: PARALLELISM,
      }),
  };
}

/** Where a job is measured. */
interface Place {
  readonly job: Job;
  readonly kafka: KafkaPlace;
  readonly cluster: LocalCluster;
  readonly rest: FlinkRest;
  readonly systems: readonly ClusterSystem[];
}

async function measureJob(context: Context, place: Place): Promise<Section> {
  const { job, kafka: { broker: { port } }, systems } = place;
  const { log, rounds } = context;
  const set = hourOfBookings(context.short ? 50_000 : 500_000);
  log(`${job} on Flink: filling the topics`);
  const inputs = await fillInputs(port, job, set);
  const expected = job === "s16" ? new ExpectedFlights(set) : new ExpectedStatistics(set);
  const runs = new Map<string, ClusterRun[]>(systems.map(({ name }) => [name, []]));
  // A first round that does not count: the TaskManager's code is compiled in it.
  for (let round = 0; round <= rounds; round++) {
    for (let i = 0; i < systems.length; i++) {
      const system = systems[(i + round) % systems.length]!;
      const run = await runOnce(
        context,
        place,
        system,
        expected.compare(`${job} of ${system.name}`, { finalOnly: false }),
      );
      log(
        `${job} on Flink, round ${round} of ${rounds}: ${system.name}: ${run.runS.toFixed(1)} s, ${
          run.cpuS?.toFixed(1)
        } s of processor`,
      );
      if (round > 0) runs.get(system.name)!.push(run);
    }
  }
  return {
    title: `${job} on a Flink cluster, parallelism ${PARALLELISM}`,
    rows: rowsOf(runs, inputs),
    notes: notesOf(inputs),
  };
}

async function runOnce(
  { tree, signal }: Context,
  { job, kafka: { broker: { port } }, cluster, rest }: Place,
  system: ClusterSystem,
  comparison: Comparison,
): Promise<ClusterRun> {
  const output = system.output(job);
  await renewTopics(port, [output]);
  const pids = await Promise.all(
    cluster.processes.filter(({ name }) => name.startsWith("taskmanager")).map((process) => process.pid()),
  );
  const cpuS = async () => tree === undefined ? null : await tree.cpuOf(pids.filter((pid) => pid !== undefined));
  const before = await cpuS();
  const id = await system.submit(job);
  const state = await rest.ended(id, signal);
  if (state !== "FINISHED") {
    throw new Error(`${system.name} ended as ${state}: ${(await rest.failures(id))[0]?.stacktrace}`);
  }
  const { timestamps } = await rest.job(id);
  // The JVM counts a worker that has ended a moment later.
  await SYSTEM_CLOCK.sleep(500, signal);
  const after = await cpuS();
  await readTopic(port, output, (record) => comparison.take(record));
  comparison.end();
  await removeTopics(port, [output]);
  return { runS: runSeconds(timestamps), cpuS: before === null || after === null ? null : after - before };
}

function runSeconds({ RUNNING, FINISHED }: JobDetails["timestamps"]): number {
  return (FINISHED! - RUNNING!) / 1000;
}

function rowsOf(runs: ReadonlyMap<string, readonly ClusterRun[]>, inputs: number): Row[] {
  const rates = (name: string) => runs.get(name)!.map(({ runS }) => inputs / runS);
  const cpu = (name: string) => runs.get(name)!.flatMap(({ cpuS }) => cpuS === null ? [] : [cpuS / inputs * 1e6]);
  const rows: Row[] = [];
  for (const name of runs.keys()) rows.push({ what: name, unit: "records/s", measured: range(rates(name)) });
  const compare = (what: string, values: (name: string) => number[], target: NonNullable<Row["target"]>) => {
    const row = ([name, other]: readonly [string, string]) =>
      ({ what: `${name}${what} to ${other}`, unit: "×", measured: ratios(values(name), values(other)) }) as const;
    rows.push(...PAIRS.map((pair) => ({ ...row(pair), target })), ...MORE_PAIRS.map(row));
  };
  compare("", rates, { atLeast: 1 });
  if (cpu(JAVA).length === 0) return rows;
  for (const name of runs.keys()) {
    rows.push({ what: `${name}, processor time`, unit: "s per million records", measured: range(cpu(name)) });
  }
  compare(", processor time", cpu, { atMost: 1.2 });
  return rows;
}

function notesOf(inputs: number): string[] {
  return [
    `${
      inputs.toLocaleString("en-US")
    } records, 5 partitions; one TaskManager with two slots, for all systems. A run counts from when ` +
    "its tasks are deployed until the job has finished, by Flink's own clock; processor time is that of the TaskManager and its " +
    "workers. A first round does not count. Every run's output was compared with the plain computation, record by record.",
    "Exactly once: a checkpoint a second, and a transaction with each. At least once: no checkpoint on the way. Java Flink writes " +
    "as it reads; so what is compared with it is ours with `--order none`, and order, which Java does not have, is a figure of its " +
    "own. Java Flink checks no record by a schema, and copies records between the operators of a chain, as Flink does by default.",
  ];
}
