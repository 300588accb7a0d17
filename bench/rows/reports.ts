/** What it costs a job to report its status, and that it can be followed: each beside the same job without that, in turn. */
import { type Context, type Place, withEmbeddedLog, withScratch } from "../context.ts";
import { type DataSet, hourOfBookings } from "../data.ts";
import { range } from "../measurement.ts";
import type { Row, Section, Target } from "../report.ts";
import type { Job } from "../systems.ts";
import { removeTopics } from "../topics.ts";
import { compareInTurn, type PairOptions } from "../turns.ts";
import { copyProject } from "../without_follow.ts";
import { fillInputs } from "./jobs.ts";

/** A report a second would be lost in what differs from run to run: so many are written that one can be seen. */
const INTERVAL_MS = 50;
/** What jobs do. */
const REPORTED_EVERY_MS = 1_000;

export async function measureReports(context: Context): Promise<Section[]> {
  const { short, rounds, signal } = context;
  const atBroker: Measured = {
    set: hourOfBookings(short ? 10_000 : 50_000),
    options: { pairs: short ? 1 : Math.min(rounds, 3), turns: 4, signal },
  };
  const inMemory: Measured = {
    set: hourOfBookings(50_000),
    // Two processes of the same code differ by some percent: many of them, and few turns each.
    options: { pairs: short ? 2 : 3 * rounds, turns: 4, signal },
  };
  const rows: Row[] = [];
  await withEmbeddedLog(async (embedded) => {
    const { kafka } = context;
    for (const place of [...kafka === undefined ? [] : [kafka], embedded]) {
      // Kafka takes a second or two for each topic that a turn makes anew.
      const jobs: Job[] = place === kafka ? ["s20"] : ["s16", "s20"];
      for (const job of jobs) rows.push(await reportsRow(context, { job, place, ...atBroker }));
    }
  });
  for (const job of ["s16", "s20"] as const) rows.push(...await followRows(context, { job, ...inMemory }));
  const notes = [
    "Processor time of one process beyond that of another; the two run the job in turn. A run is the median of " +
    `${atBroker.options.turns} turns at a broker and ${inMemory.options.turns} in memory, each run with new processes.`,
    `Reports: a job that reports, and looks for requests to follow records, every ${INTERVAL_MS} ms, beside one that never ` +
    `does; shown is what of that a report every ${REPORTED_EVERY_MS} ms costs. Of the job's own process.`,
    "That it can be followed: a job in memory that nobody follows, beside a copy of the project from which following is taken out " +
    "(`bench/without_follow.ts`). In memory, without a broker, a record costs the least, so this is the most.",
  ];
  return [{ title: "What it costs a job to be seen", rows, notes }];
}

/** How much is measured, and how often. */
interface Measured {
  readonly set: DataSet;
  readonly options: PairOptions;
}

async function reportsRow(
  { log }: Context,
  { job, place: { name, programs: { env }, broker: { port } }, set, options }: Measured & {
    readonly job: Job;
    readonly place: Place;
  },
): Promise<Row> {
  const what = `${job}, a status report a second, ${name}`;
  log(what);
  await fillInputs(port, job, set);
  const side = { job, over: "broker", env } as const;
  const costs = await compareInTurn(
    { ...side, statusIntervalMs: INTERVAL_MS },
    { ...side, statusIntervalMs: 0 },
    options,
  );
  await removeTopics(port, ["skyone", "sunset", "flightdata", "userstatistics"]);
  const measured = range(costs.map((ratio) => percent(ratio) * INTERVAL_MS / REPORTED_EVERY_MS));
  log(`${what}: ${measured.median.toFixed(2)} %`);
  return { what, unit: "%", measured, target: { atMost: 2 } };
}

async function followRows(
  { log }: Context,
  { job, set, options }: Measured & { readonly job: Job },
): Promise<Row[]> {
  return await withScratch(async (dir) => {
    const [root, without] = [await copyProject(`${dir}/with`, true), await copyProject(`${dir}/without`, false)];
    const side = { job, over: set, statusIntervalMs: REPORTED_EVERY_MS };
    const row = async (what: string, compared: Promise<number[]>, target?: Target): Promise<Row> => {
      log(what);
      const measured = range((await compared).map(percent));
      log(`${what}: ${measured.median.toFixed(2)} %`);
      return { what, unit: "%", measured, ...target && { target } };
    };
    return [
      await row(
        `${job}, that it can be followed, in memory`,
        compareInTurn({ ...side, root }, { ...side, root: without }, options),
        { atMost: 1 },
      ),
      await row(
        `${job}, that somebody follows a key of which no record comes, in memory`,
        // It has no target: a quarter of the pairs shows its size.
        compareInTurn({ ...side, root, followed: true }, { ...side, root }, {
          ...options,
          pairs: Math.ceil(options.pairs / 4),
        }),
      ),
    ];
  });
}

/** What a ratio is above 1, in percent. */
function percent(ratio: number): number {
  return (ratio - 1) * 100;
}
