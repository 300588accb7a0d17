/**
 * Jobs that end by themselves, disturbed on the way. This is where Flink 2.2.1 loses records with its default failover strategy: a
 * TaskManager that dies when some tasks have finished takes the others' records along (docs/scaling.md).
 */
import { isTerminal } from "../../src/flink/rest.ts";
import { createTopics, type Difference, Feed, judgeFlights, judgeStatistics, NOW } from "./bookings.ts";
import { type FlinkFault, NoWorkerError } from "./faults.ts";
import type { FlinkWorld } from "./world.ts";

/** Bookings of Skyone; Sunset has few, so that its tasks end early. */
const PAIRS = 80_000;
const SUNSET_EVERY = 400;
const STEP_MS = 25;
const RUN_FLAGS = ["--parallelism", "2", "--detached"];
/** A JobManager that is back finds its jobs in less. */
const FOUND_WITHIN_MS = 60_000;
const ALL = ["--from", "earliest", "--bounded", "--commit-interval", "200ms"];

/** What became of a finite job. */
export interface FiniteRun {
  readonly name: string;
  /** False if the job had ended before the strike. */
  readonly hit: boolean;
  readonly difference: Difference;
}

/** Runs s16 and then s20 to their ends, each disturbed once. */
export async function disturbFinite(
  world: FlinkWorld,
  fault: FlinkFault,
  { seed, chance }: { readonly seed: number; readonly chance: () => number },
): Promise<readonly FiniteRun[]> {
  await createTopics(world);
  await new Feed(world, { seed, stepMs: STEP_MS }).write(PAIRS, SUNSET_EVERY);
  const merged = await runOnce(world, fault, chance, ["src/s16_merge.ts", ...RUN_FLAGS, "--", ...ALL, "--now", NOW]);
  const flights = await judgeFlights(world);
  const s20 = ["src/s20_manage_state.ts", ...RUN_FLAGS, "--", ...ALL];
  const counted = await runOnce(world, fault, chance, s20);
  return [
    { name: `s16 ends, ${fault.name}`, hit: merged, difference: flights },
    { name: `s20 ends, ${fault.name}`, hit: counted, difference: await judgeStatistics(world) },
  ];
}

/** Runs a job to its end and strikes on the way. @returns whether it was hit */
async function runOnce(
  world: FlinkWorld,
  fault: FlinkFault,
  chance: () => number,
  command: readonly string[],
): Promise<boolean> {
  const id = await world.flink("run", ...command);
  let ended = false;
  await world.until("the job is at work", async () => {
    const [job, checkpoints] = await Promise.all([
      world.ask((rest) => rest.job(id)),
      world.ask((rest) => rest.checkpoints(id)),
    ]);
    ended = job !== undefined && isTerminal(job.state);
    const finished = job?.vertices.some(({ tasks }) => (tasks.FINISHED ?? 0) > 0) ?? false;
    return ended || finished || (checkpoints?.counts.completed ?? 0) > 0;
  });
  const hit = !ended && await strikes(world, fault, chance);
  await untilEnd(world, id);
  if (!hit || !fault.fails) return hit;
  // A job that had done all of its work did not need what was struck.
  return ((await world.ask((rest) => rest.failures(id))) ?? []).length > 0;
}

/** A JobManager that comes back finds the jobs that run, and knows nothing of those that had ended. */
async function untilEnd(world: FlinkWorld, id: string): Promise<void> {
  let unknownSinceMs: number | undefined;
  await world.until("the job ends", async () => {
    const jobs = await world.ask((rest) => rest.jobs());
    const job = jobs?.find(({ jid }) => jid === id);
    if (job !== undefined && isTerminal(job.state) && job.state !== "FINISHED") {
      throw new Error(`The job has ended as ${job.state}`);
    }
    const unknown = jobs !== undefined && job === undefined;
    unknownSinceMs = unknown ? unknownSinceMs ?? performance.now() : undefined;
    return job?.state === "FINISHED" || performance.now() - (unknownSinceMs ?? Infinity) > FOUND_WITHIN_MS;
  });
}

/** @returns false if all workers had ended meanwhile */
async function strikes(world: FlinkWorld, fault: FlinkFault, chance: () => number): Promise<boolean> {
  try {
    await fault.strike(world, chance);
    return true;
  } catch (error) {
    if (error instanceof NoWorkerError) return false;
    throw error;
  }
}
