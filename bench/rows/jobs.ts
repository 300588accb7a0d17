/** s16 and s20 from topic to topic: over Kafka, over the embedded log, and beside other engines. */
import type { Broker } from "../../src/connectors/broker.ts";
import { type Context, type Place, withEmbeddedLog, withScratch } from "../context.ts";
import { bookingRecords, type DataSet, flightRecords, hourOfBookings } from "../data.ts";
import { type Comparison, ExpectedFlights, ExpectedStatistics } from "../expected.ts";
import { measureRun, type RunFigures } from "../measured_run.ts";
import { peerSystems } from "../peer_systems.ts";
import { type RoundsResult, runRounds } from "../rounds.ts";
import type { Section } from "../report.ts";
import { type Job, ours, type System } from "../systems.ts";
import { fill, readTopic, removeTopics, renewTopics } from "../topics.ts";
import { jobSection, ON_EMBEDDED_LOG, ON_KAFKA, type Runs } from "./jobs_table.ts";

export async function measureJobs(context: Context): Promise<Section[]> {
  const set = hourOfBookings(context.short ? 50_000 : 500_000);
  return await withEmbeddedLog(async (embedded) => {
    const systems = systemsOf(context, embedded);
    const sections: Section[] = [];
    for (const job of ["s16", "s20"] as const) {
      const { all, failures, repeated } = await runInTurn(context, { job, set, systems });
      const section = jobSection(job, all);
      sections.push({ ...section, failures, notes: [...section.notes, ...repeated] });
    }
    for (const port of new Set(systems.map(({ port }) => port))) {
      await removeTopics(port, ["skyone", "sunset", "flightdata", "userstatistics"]);
    }
    return sections;
  });
}

function systemsOf({ kafka, peers }: Context, embedded: Place): System[] {
  const onEmbeddedLog = ours(ON_EMBEDDED_LOG, { programs: embedded.programs, port: embedded.broker.port });
  if (kafka === undefined) return [onEmbeddedLog];
  const { broker: { port }, pid, programs } = kafka;
  const onKafka = ours(ON_KAFKA, { programs, port, brokerPid: pid });
  return [onKafka, onEmbeddedLog, ...peers.flatMap((build) => peerSystems(build, kafka))];
}

/** What is run in turn. */
export interface Turns {
  readonly job: Job;
  readonly set: DataSet;
  readonly systems: readonly System[];
  /** So many first rounds do not count; default 0. */
  readonly unmeasured?: number;
}

/** What several systems took, without those that failed. */
export interface TurnsResult extends Pick<RoundsResult, "failures" | "repeated"> {
  readonly all: readonly Runs[];
}

/** Fills the topics, and runs the systems in turn, round by round. */
export async function runInTurn(context: Context, { job, set, systems, unmeasured = 0 }: Turns): Promise<TurnsResult> {
  const { log, rounds, signal } = context;
  let inputs = 0;
  for (const port of new Set(systems.map(({ port }) => port))) {
    log(`${job}: filling the topics of ${port.description}`);
    inputs = await fillInputs(port, job, set);
  }
  const compare = comparisons(job, set);
  const { figures, ...rest } = await runRounds(systems, {
    rounds,
    unmeasured,
    isEnough: isFarBehind,
    run: (system) => runOnce(context, { job, system, comparison: compare(system) }),
    onRun: (system, run, round) => {
      const { cpuS, brokerCpuS } = run;
      const rate = Math.round(inputs / system.jobS(run)).toLocaleString("en-US");
      log(
        `${job}, round ${round} of ${rounds}: ${system.name}: ${rate} records/s, ${cpuS?.toFixed(2)} s of processor` +
          (brokerCpuS === null ? "" : `, ${brokerCpuS.toFixed(2)} s of the broker's`),
      );
    },
    log,
    signal,
  });
  return { all: [...figures].map(([system, runs]) => ({ system, inputs, figures: runs })), ...rest };
}

/** Rounds of an engine that is far from the fastest. */
const ROUNDS_FAR_BEHIND = 2;

/** Whether an engine was less than half as fast as another one in all rounds so far: it will not be the fastest, and takes longest. */
export function isFarBehind(system: System, figures: ReadonlyMap<System, readonly RunFigures[]>): boolean {
  const own = figures.get(system)!;
  if (system.kind !== "engine" || own.length < ROUNDS_FAR_BEHIND) return false;
  const fastestS = Math.min(...own.map((run) => system.jobS(run)));
  return [...figures].some(([other, runs]) =>
    other.kind === "engine" && runs.length >= ROUNDS_FAR_BEHIND && runs.every((run) => 2 * other.jobS(run) < fastestS)
  );
}

/** Empty topics, and the job's input in them. @returns its number of records */
export async function fillInputs(port: Broker, job: Job, set: DataSet): Promise<number> {
  const topics = job === "s16" ? ["skyone", "sunset"] : ["flightdata"];
  await renewTopics(port, topics);
  return await fill(port, job === "s16" ? bookingRecords(set) : flightRecords(set));
}

function comparisons(job: Job, set: DataSet): (system: System) => Comparison {
  if (job === "s16") {
    const expected = new ExpectedFlights(set);
    return ({ name }) => expected.compare(`s16 of ${name}`);
  }
  const expected = new ExpectedStatistics(set);
  return ({ name, finalOnly }) => expected.compare(`s20 of ${name}`, { finalOnly });
}

/** One run into an empty topic, whose records are compared in the end. */
export async function runOnce(
  { tree, signal }: Context,
  run: { readonly job: Job; readonly system: System; readonly comparison: Comparison; readonly partitions?: number },
): Promise<RunFigures> {
  const { job, system, comparison, partitions = 5 } = run;
  const { port, brokerPid, stateTopic } = system;
  const output = system.output(job);
  const stateTopics = stateTopic === undefined ? [] : [stateTopic];
  await system.forget(job);
  await renewTopics(port, [output], partitions);
  if (stateTopics.length > 0) await renewTopics(port, stateTopics, 1);
  try {
    const { records } = comparison;
    const figures = await withScratch((dir) =>
      measureRun(system.program(job, dir), { port, output, records, tree, brokerPid, signal })
    );
    await readTopic(port, output, (record) => comparison.take(record));
    comparison.end();
    return figures;
  } finally {
    await system.forget(job);
    await removeTopics(port, [output, ...stateTopics]);
  }
}
