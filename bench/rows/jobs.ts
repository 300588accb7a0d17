/** s16 and s20 from topic to topic: over Kafka, over the embedded log, and beside other engines. */
import type { Broker } from "../../src/connectors/broker.ts";
import { type Context, type Place, withEmbeddedLog, withScratch } from "../context.ts";
import { bookingRecords, type DataSet, flightRecords, hourOfBookings } from "../data.ts";
import { type Comparison, ExpectedFlights, ExpectedStatistics } from "../expected.ts";
import { measureRun, type RunFigures } from "../measured_run.ts";
import { median, range, ratios } from "../measurement.ts";
import type { Row, Section } from "../report.ts";
import { type Job, ours, peer, type System } from "../systems.ts";
import { fill, readTopic, removeTopics, renewTopics } from "../topics.ts";

/** All runs of one system, in the order of the rounds. */
interface Runs {
  readonly system: System;
  readonly inputs: number;
  readonly figures: RunFigures[];
}

const ON_KAFKA = "ours";
const ON_EMBEDDED_LOG = "ours, embedded log";

export async function measureJobs(context: Context): Promise<Section[]> {
  const set = hourOfBookings(context.short ? 50_000 : 500_000);
  return await withEmbeddedLog(async (embedded) => {
    const systems = systemsOf(context, embedded);
    const sections: Section[] = [];
    for (const job of ["s16", "s20"] as const) {
      sections.push(sectionOf(job, await runAll(context, job, set, systems), context));
    }
    for (const port of new Set(systems.map(({ port }) => port))) {
      await removeTopics(port, ["skyone", "sunset", "flightdata", "userstatistics"]);
    }
    return sections;
  });
}

function systemsOf({ kafka, peers }: Context, embedded: Place): System[] {
  const onEmbeddedLog = ours(ON_EMBEDDED_LOG, embedded.programs, embedded.broker.port);
  if (kafka === undefined) return [onEmbeddedLog];
  const { broker: { port }, bootstrapServers, programs } = kafka;
  return [ours(ON_KAFKA, programs, port), onEmbeddedLog, ...peers.map((build) => peer(build, bootstrapServers, port))];
}

async function runAll(context: Context, job: Job, set: DataSet, systems: readonly System[]): Promise<Runs[]> {
  const { log, rounds } = context;
  let inputs = 0;
  for (const port of new Set(systems.map(({ port }) => port))) {
    log(`${job}: filling the topics of ${port.description}`);
    inputs = await fillInputs(port, job, set);
  }
  const compare = comparisons(job, set);
  const all = systems.map((system): Runs => ({ system, inputs, figures: [] }));
  for (let round = 0; round < rounds; round++) {
    // Each round begins with the next system, so that none is always the first.
    for (let i = 0; i < all.length; i++) {
      const { system, figures } = all[(i + round) % all.length]!;
      figures.push(await runOnce(context, { job, system, comparison: compare(system) }));
      const { cpuS } = figures.at(-1)!;
      const rate = Math.round(inputs / system.jobS(figures.at(-1)!)).toLocaleString("en-US");
      log(
        `${job}, round ${round + 1} of ${rounds}: ${system.name}: ${rate} records/s, ${
          cpuS?.toFixed(1)
        } s of processor`,
      );
    }
  }
  return all;
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
  const { port } = system;
  const output = system.output(job);
  await system.forget(job);
  await renewTopics(port, [output], partitions);
  const figures = await withScratch((dir) => measureRun(system.program(job, dir), { port, output, tree, signal }));
  await readTopic(port, output, (record) => comparison.take(record));
  comparison.end();
  await system.forget(job);
  await removeTopics(port, [output]);
  return figures;
}

function sectionOf(job: Job, all: readonly Runs[], context: Context): Section {
  const rates = ({ system, inputs, figures }: Runs) => figures.map((run) => inputs / system.jobS(run));
  const perMillion = ({ inputs, figures }: Runs) =>
    figures.flatMap(({ cpuS }) => cpuS === null ? [] : [cpuS / inputs * 1e6]);
  const find = (name: string) => all.find(({ system }) => system.name === name);
  const onKafka = find(ON_KAFKA);
  const onEmbeddedLog = find(ON_EMBEDDED_LOG)!;
  const peers = all.filter(({ system }) => !system.ours);

  const rows: Row[] = all.map((runs) => ({
    what: runs.system.name,
    unit: "records/s",
    measured: range(rates(runs)),
  }));
  if (onKafka !== undefined && peers.length > 0) {
    const fastest = peers.toSorted((a, b) => median(rates(b)) - median(rates(a)))[0]!;
    rows.push({
      what: `ours to ${fastest.system.name}, the fastest peer`,
      unit: "×",
      measured: ratios(rates(onKafka), rates(fastest)),
      target: { atLeast: 2 },
    });
  }
  if (onKafka !== undefined) {
    rows.push({
      what: "ours over the embedded log to ours over Kafka",
      unit: "×",
      measured: ratios(rates(onEmbeddedLog), rates(onKafka)),
      target: { atLeast: 1.2 },
    });
  }
  if (context.tree !== undefined) {
    for (const runs of all) {
      rows.push({
        what: `${runs.system.name}, processor time`,
        unit: "s per million records",
        measured: range(perMillion(runs)),
      });
    }
    if (onKafka !== undefined && peers.length > 0) {
      const frugal = peers.toSorted((a, b) => median(perMillion(a)) - median(perMillion(b)))[0]!;
      rows.push({
        what: `ours to ${frugal.system.name}, the most frugal peer`,
        unit: "×",
        measured: ratios(perMillion(onKafka), perMillion(frugal)),
        target: { atMost: 0.5 },
      });
    }
    for (const { system, figures } of all) {
      const peaks = figures.map(({ peakBytes }) => peakBytes! / 1e6);
      rows.push({
        what: `${system.name}, peak resident memory`,
        unit: "MB",
        measured: range(peaks),
        ...(system.ours ? { target: { atMost: 200 } } : {}),
      });
    }
  }
  for (const { system, figures } of all) {
    const first = figures.map(({ startToFirstOutputS }) => startToFirstOutputS);
    rows.push({ what: `${system.name}, start to first output of this run`, unit: "s", measured: range(first) });
  }
  return { title: `${job}, exactly once`, rows, notes: notesOf(job, all[0]!.inputs, peers.length > 0) };
}

function notesOf(job: Job, inputs: number, hasPeers: boolean): string[] {
  const records = inputs.toLocaleString("en-US");
  const data = job === "s16"
    ? `${records} bookings, half of each airline, of 1,000 travellers and one hour; a quarter of the flights has landed.`
    : `${records} flights of 1,000 travellers and one hour, in the order of time: what s16 makes of its bookings.`;
  return [
    `${data} 5 partitions. Ours: \`deno task ${job} --from earliest --bounded\`, records in by the time from the start of the ` +
    "process to its exit. Every run's output was compared with the plain computation, record by record.",
    ...(hasPeers
      ? [
        "Peers: records in by the time that they report themselves, without the start of their process; see " +
        "`bench/peers/README.md`.",
      ]
      : []),
  ];
}
