/** Lessons 16 and 20 as one pipeline on the cluster, s16 before s20, with bookings that go on coming while it is disturbed. */
import { SYSTEM_CLOCK } from "../../src/engine/mod.ts";
import { isTerminal } from "../../src/flink/rest.ts";
import { FLIGHTDATA, USERSTATISTICS } from "../../src/models.ts";
import { hasReadAll } from "../has_read_all.ts";
import {
  createTopics,
  type Difference,
  Feed,
  flightsDue,
  judgeFlights,
  judgeStatistics,
  NOW,
  statisticsDue,
} from "./bookings.ts";
import type { FlinkFault } from "./faults.ts";
import type { FlinkWorld } from "./world.ts";

/** Pairs that are written before a strike, so that it hits jobs at work, and behind it. */
const PAIRS = { before: 200, behind: 60 } as const;
const STEP_MS = 1_000;
const S16_FLAGS = ["--from", "earliest", "--commit-interval", "300ms", "--now", NOW];
/**
 * s20 takes flights that are so far behind one another. What is written in one burst comes to the brokers in several requests; while
 * one of them is held up by a strike, s16 writes what is there (docs/scaling.md).
 */
const OUT_OF_ORDERNESS_MS = 600_000;
const S20_FLAGS = [
  ...["--from", "earliest", "--commit-interval", "300ms"],
  ...["--out-of-orderness", `${OUT_OF_ORDERNESS_MS}ms`],
];
/** A worker that is only slow to start on a busy machine must not be taken for one that hangs. */
const RUN_FLAGS = ["--parallelism", "2", "--detached", "--answer-within", "30s"];

/** A worker that hangs is noticed when it should have answered. */
const HIT_WITHIN_MS = 90_000;
const ATTEMPTS = 3;

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
  await command(world, "stop", jobs.s16, "--drain");
  const flights = await judgeFlights(world);
  // What s16 has written last is read before the end of event time fires all windows.
  const servers = world.parts.kafka.bootstrapServers;
  const flightdata = { job: "user_statistics", topic: FLIGHTDATA.name };
  await world.until("s20 has read all flights", () => hasReadAll(servers, flightdata));
  await command(world, "stop", jobs.s20, "--drain");
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
  jobs.s16 = await command(world, "rescale", jobs.s16, String(disturbance.parallelism));
  jobs.s20 = await command(world, "rescale", jobs.s20, String(disturbance.parallelism));
}

/** Does something to a job when it is at work. A job that has to start again in just that moment refuses: then once more. */
async function command(world: FlinkWorld, what: string, id: string, ...args: readonly string[]): Promise<string> {
  for (let attempt = 1;; attempt++) {
    await world.until(`all tasks of ${id} run, to ${what} it`, () => world.isAtWork(id));
    try {
      return await world.flink(what, id, ...args);
    } catch (error) {
      const job = await world.ask((rest) => rest.job(id));
      if (attempt === ATTEMPTS || (job !== undefined && isTerminal(job.state))) throw error;
    }
  }
}

/**
 * Whether a strike has hit one of the jobs, which starts again because of it. It may not: jobs may be starting again already, and
 * need nothing of what was struck.
 */
async function hasFailed(world: FlinkWorld, jobs: Jobs, sinceMs: number): Promise<boolean> {
  for (const deadline = performance.now() + HIT_WITHIN_MS; performance.now() < deadline;) {
    const failures = await Promise.all([jobs.s16, jobs.s20].map((id) => world.ask((rest) => rest.failures(id))));
    if (failures.some((list) => (list?.[0]?.timestamp ?? 0) >= sinceMs)) return true;
    await SYSTEM_CLOCK.sleep(250, world.parts.signal);
    world.parts.signal.throwIfAborted();
  }
  return false;
}

/**
 * All flights are there, and the results of all windows that their event time has closed; nothing else, and nothing twice. What is
 * late or out of order is left to the end, to see how much of it there will be.
 */
async function untilThrough(world: FlinkWorld): Promise<void> {
  await untilThere(world, FLIGHTDATA.name, (await flightsDue(world)).length);
  const merged = await judgeFlights(world);
  if (merged.lost + merged.doubled > 0) throw new Error(`s16 has written what it must not: ${JSON.stringify(merged)}`);
  await untilThere(world, USERSTATISTICS.name, (await statisticsDue(world, OUT_OF_ORDERNESS_MS)).length);
  // What it has not written yet may belong to windows that are open.
  const counted = await judgeStatistics(world);
  if (counted.doubled > 0) throw new Error(`s20 has written what it must not: ${JSON.stringify(counted)}`);
}

async function untilThere(world: FlinkWorld, topic: string, records: number): Promise<void> {
  await world.until(`${topic} has ${records} records`, async () => (await world.read(topic)).length >= records);
}
