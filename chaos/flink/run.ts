/** The experiment on a Flink cluster: a live pipeline and finite jobs, disturbed, and what they have written. */
import { type ClusterOptions, startCluster, stopCluster } from "../../src/cli/flink/cluster.ts";
import { startKafka } from "../../src/cli/kafka.ts";
import { chanceOf, shuffled } from "../chance.ts";
import { type Difference, isExact } from "./bookings.ts";
import { FLINK_FAULTS, type FlinkFault } from "./faults.ts";
import { disturbFinite, type FiniteRun } from "./finite.ts";
import { type Disturbance, disturbPipeline, type LiveRound } from "./live.ts";
import { FlinkWorld } from "./world.ts";

/** Which experiment. */
export interface FlinkChaosOptions {
  /** Of the pipeline, one after the other; without any there is no pipeline. */
  readonly disturbances: readonly Disturbance[];
  readonly seed: number;
  /** Of finite jobs, each for both lessons. */
  readonly finite: readonly FlinkFault[];
  readonly clusterOptions: ClusterOptions;
  readonly signal: AbortSignal;
  readonly onProgress: (words: string) => void;
}

/** What it has shown. */
export interface FlinkChaosResult {
  readonly rounds: readonly LiveRound[];
  /** Of the pipeline, over the whole time. */
  readonly pipeline: readonly Difference[];
  readonly finite: readonly FiniteRun[];
}

/** Starts a broker and a cluster, or takes the cluster of that name that runs, and disturbs them. */
export async function runFlinkChaos(options: FlinkChaosOptions): Promise<FlinkChaosResult> {
  const { disturbances, seed, clusterOptions, signal, onProgress } = options;
  const chance = chanceOf(seed);
  const kafka = await startKafka();
  try {
    const cluster = await startCluster(clusterOptions);
    const world = new FlinkWorld({ cluster, clusterOptions, kafka, signal });
    const rounds: LiveRound[] = [];
    const pipeline = disturbances.length === 0 ? [] : await disturbPipeline(world, {
      disturbances,
      seed,
      chance,
      onRound: (round) => {
        rounds.push(round);
        const hit = round.hit ? "" : ", though no job was hit";
        onProgress(
          `${round.name}: back after ${
            (round.backMs / 1000).toFixed(0)
          } s${hit} (${rounds.length} of ${disturbances.length})`,
        );
      },
    });
    for (const difference of pipeline) onProgress(`the pipeline: ${inWords(difference)}`);
    const finite: FiniteRun[] = [];
    for (const fault of options.finite) {
      for (const run of await disturbFinite(world, fault, { seed, chance })) {
        finite.push(run);
        onProgress(`${run.name}${run.hit ? "" : ", too late"}: ${inWords(run.difference)}`);
      }
    }
    return { rounds, pipeline, finite };
  } finally {
    await kafka.stop();
  }
}

function inWords(difference: Difference): string {
  const { job, records, lost, doubled } = difference;
  return isExact(difference) ? `${job} is exact` : `${job} DIFFERS, ${lost} lost and ${doubled} doubled of ${records}`;
}

/** Ends the cluster of an experiment. */
export async function endCluster({ dir, name }: ClusterOptions): Promise<void> {
  await stopCluster({ ...dir !== undefined && { dir }, ...name !== undefined && { name } });
}

/** Another parallelism for both jobs. */
export function rescaling(from: number, to: number): Disturbance {
  return { name: `both jobs are rescaled from ${from} to ${to}`, parallelism: to };
}

/**
 * So many disturbances in an order of their own: kills most of all, and every kind if there are ten. With four and more both jobs are
 * rescaled twice among them, to 3 subtasks and to 1.
 */
export function disturbancesFor(runs: number, seed: number): Disturbance[] {
  const { worker, taskManager, jobManager, hangs, memory, prints, broker } = FLINK_FAULTS;
  const cycle: FlinkFault[] = [taskManager, worker, jobManager, broker, hangs, memory, prints, worker];
  const rescalings = runs < 4 ? [] : [rescaling(2, 3), rescaling(3, 1)];
  const faults = Array.from({ length: runs - rescalings.length }, (_, i) => cycle[i % cycle.length]!);
  const disturbances: Disturbance[] = shuffled(faults, chanceOf(seed));
  for (const [i, each] of rescalings.entries()) disturbances.splice(Math.floor(((i + 1) * runs) / 3), 0, each);
  return disturbances;
}
