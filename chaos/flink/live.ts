/** Both lessons as one pipeline on the cluster, s16 before s20, with bookings that go on coming while it is disturbed. */
import { SYSTEM_CLOCK } from "../../src/engine/mod.ts";
import { FlinkRestError } from "../../src/flink/rest_calls.ts";
import { FLIGHTDATA, USERSTATISTICS } from "../../src/models.ts";
import { expectedStatistics } from "../oracle.ts";
import { createTopics, type Difference, Feed, judgeFlights, judgeStatistics, NOW } from "./bookings.ts";
import type { FlinkFault } from "./faults.ts";
import type { FlinkWorld } from "./world.ts";

/** Pairs that are written before a strike, so that it hits jobs at work, and behind it. */
const PAIRS = { before: 200, behind: 60 } as const;
const STEP_MS = 1_000;
/** How far behind s20 holds event time: a broker that is killed or slow while a piece is written must make nothing late. */
const OUT_OF_ORDERNESS_MS = 600_000;
const S20_FLAGS = [
  "--from",
  "earliest",
  "--commit-interval",
  "300ms",
  "--out-of-orderness",
  `${OUT_OF_ORDERNESS_MS}ms`,
];
const S16_FLAGS = ["--from", "earliest", "--commit-interval", "300ms", "--now", NOW];
/** A worker that is only slow to start on a busy machine must not be taken for one that hangs. */
const RUN_FLAGS = ["--parallelism", "2", "--detached", "--answer-within", "30s"];

/** A worker that hangs is noticed when it should have answered. */
const HIT_WITHIN_MS = 90_000;

/** What is done to the pipeline in a round: a fault, or another parallelism for both jobs. */
export type Disturbance = FlinkFault | { readonly name: string; readonly parallelism: number };

/** What a round has shown. */
export interface LiveRound {
  readonly name: string;
  /** False if a job should have started again because of the strike, and has not. */
  readonly hit: boolean;
  /** From the strike until all bookings written by then, and some more, had come through s16 and their windows through s20. */
  readonly backMs: number;
}

/** Ids of the jobs that run. */
interface Jobs {
  s16: string;
  s20: string;
}

/** Runs the pipeline through all disturbances, one after the other, and judges its output. */
export async function disturbPipeline(
  world: FlinkWorld,
  { disturbances, seed, chance, onRound }: {
    readonly disturbances: readonly Disturbance[];
    readonly seed: number;
    readonly chance: () => number;
    readonly onRound: (round: LiveRound) => void;
  },
): Promise<readonly Difference[]> {
  await createTopics(world);
  const feed = new Feed(world, { seed, stepMs: STEP_MS });
  const jobs: Jobs = {
    s16: await world.flink("run", "src/s16_merge.ts", ...RUN_FLAGS, "--", ...S16_FLAGS),
    s20: await world.flink("run", "src/s20_manage_state.ts", ...RUN_FLAGS, "--", ...S20_FLAGS),
  };
  await feed.write(PAIRS.before);
  await untilThrough(world);
  for (const disturbance of disturbances) {
    await feed.write(PAIRS.before);
    // By the clock of the day, as Flink dates the failures of a job.
    const struckAtMs = Date.now();
    const beganMs = performance.now();
    await disturb(world, jobs, disturbance, chance);
    await feed.write("strike" in disturbance ? disturbance.pairsBehind ?? PAIRS.behind : PAIRS.behind);
    const hit = !("fails" in disturbance && disturbance.fails) || await hasFailed(world, jobs, struckAtMs);
    await untilThrough(world);
    onRound({ name: disturbance.name, hit, backMs: Math.round(performance.now() - beganMs) });
  }
  await world.flink("stop", jobs.s16, "--drain");
  const flights = await judgeFlights(world);
  // What s16 has written last is read before the end of event time fires all windows.
  await untilRead(world, jobs.s20);
  await world.flink("stop", jobs.s20, "--drain");
  return [flights, await judgeStatistics(world)];
}

async function disturb(
  world: FlinkWorld,
  jobs: Jobs,
  disturbance: Disturbance,
  chance: () => number,
): Promise<void> {
  if ("strike" in disturbance) return await disturbance.strike(world, chance);
  // One after the other: both at once would need the slots of both while neither has given its own back.
  jobs.s16 = await world.flink("rescale", jobs.s16, String(disturbance.parallelism));
  jobs.s20 = await world.flink("rescale", jobs.s20, String(disturbance.parallelism));
}

/**
 * Whether a strike has hit one of the jobs, which starts again because of it. On a busy machine it may not: jobs are starting again
 * already, since the JobManager was away from ZooKeeper for too long, and need nothing of what was struck.
 */
async function hasFailed(world: FlinkWorld, jobs: Jobs, sinceMs: number): Promise<boolean> {
  for (const deadline = performance.now() + HIT_WITHIN_MS; performance.now() < deadline;) {
    const failures = await Promise.all([jobs.s16, jobs.s20].map((id) => unlessAway(() => world.rest.failures(id))));
    if (failures.some((list) => (list?.[0]?.timestamp ?? 0) >= sinceMs)) return true;
    await SYSTEM_CLOCK.sleep(250, world.parts.signal);
    world.parts.signal.throwIfAborted();
  }
  return false;
}

/** All flights are there, and the results of all windows that their event time has closed. */
async function untilThrough(world: FlinkWorld): Promise<void> {
  let flights = 0;
  await world.until("s16 has written all flights", async () => {
    const { records, lost, doubled } = await judgeFlights(world);
    if (doubled > 0) throw new Error(`s16 has written ${doubled} flights too often`);
    flights = records;
    return lost === 0;
  });
  let expected = -1;
  await world.until(`s20 has counted ${flights} flights as far as its event time has come`, async () => {
    if (expected < 0) expected = await closedResults(world);
    return (await world.read(USERSTATISTICS.name)).length >= expected;
  });
}

/** How many results must be there when all flights have been read: event time is that of the partition which is furthest behind. */
async function closedResults(world: FlinkWorld): Promise<number> {
  const flights = await world.read(FLIGHTDATA.name);
  const newest = new Map<number, number>();
  for (const { partition, timestamp } of flights) {
    newest.set(partition, Math.max(timestamp, newest.get(partition) ?? timestamp));
  }
  const eventTimeMs = Math.min(...newest.values()) - OUT_OF_ORDERNESS_MS - 1;
  const times = [...expectedStatistics(flights).values()].flat().map((line) => Number(line.split(" ", 1)[0]));
  return times.filter((ms) => ms <= eventTimeMs).length;
}

/** Nothing is left to be read in two looks at metrics of Flink's, which come every few seconds. */
async function untilRead(world: FlinkWorld, id: string): Promise<void> {
  let looks = 0;
  await world.until("s20 has read all flights", async () => {
    const status = await world.flink("status", id);
    looks = / 0 still to be read/.test(status) ? looks + 1 : 0;
    return looks >= 2;
  });
}

/** Undefined while the JobManager is away, or has not found its jobs yet. */
async function unlessAway<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof FlinkRestError) return undefined;
    throw error;
  }
}
