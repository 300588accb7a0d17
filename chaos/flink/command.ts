/** `deno task chaos --flink`. */
import { type Flags, formatCount, type Logger, oneOf, writeOutput } from "../../src/utils.ts";
import { ChaosError } from "../chaos_error.ts";
import { aligned, times } from "../table.ts";
import { type Difference, isExact } from "./bookings.ts";
import { FLINK_FAULTS } from "./faults.ts";
import { disturbancesFor, endCluster, type FlinkChaosResult, runFlinkChaos } from "./run.ts";

/** Flags of the experiment, beside its seed and the number of runs. */
export const FLINK_FLAGS = {
  flink: { help: "instead: both jobs on a Flink cluster, whose processes, workers and broker are killed and frozen" },
  part: {
    value: "pipeline|finite",
    parse: oneOf("pipeline", "finite"),
    help:
      "with --flink only this: both jobs while records go on coming, or each of them bounded (default: one after the other)",
  },
} as const satisfies Flags;

/** Not the cluster that a person may have here; three slots for each TaskManager, as both jobs run with three subtasks. */
const CLUSTER = { name: "chaos-cluster", port: 0, slots: 3 } as const;

/** Runs the experiment and prints its result. @throws {ChaosError} if anything was lost, doubled, late or out of order */
export async function disturbFlink(
  { runs = 30, part, seed, signal }: {
    readonly runs: number | undefined;
    readonly part: "pipeline" | "finite" | undefined;
    readonly seed: number;
    readonly signal: AbortSignal;
  },
  logger: Logger,
): Promise<void> {
  const startedMs = performance.now();
  const { worker, taskManager, jobManager } = FLINK_FAULTS;
  let result: FlinkChaosResult;
  try {
    result = await runFlinkChaos({
      disturbances: part === "finite" ? [] : disturbancesFor(runs, seed),
      seed,
      finite: part === "pipeline" ? [] : [taskManager, worker, jobManager],
      clusterOptions: { ...CLUSTER, log: (line) => logger.debug(line) },
      signal,
      onProgress: (words) => logger.info(words),
    });
  } finally {
    await endCluster(CLUSTER);
  }
  await writeOutput(`${flinkText(result)}\n`);
  const bad = differencesOf(result).filter((difference) => !isExact(difference));
  if (bad.length > 0) throw new ChaosError(`Results differ from what they must be in ${bad.length} places`);
  logger.info(`nothing lost, nothing twice, in ${((performance.now() - startedMs) / 1000).toFixed(0)} s`);
}

/** All that was compared. */
export function differencesOf({ pipeline, finite }: FlinkChaosResult): Difference[] {
  return [...pipeline, ...finite.map(({ difference }) => difference)];
}

/** How often each disturbance struck and how long the pipeline took to come back, then what was written. */
export function flinkText({ rounds, pipeline, finite }: FlinkChaosResult): string {
  const byName = Map.groupBy(rounds, ({ name }) => name);
  const disturbances = [
    ["disturbance", "times", "hit", "back after"],
    ...[...byName].map(([name, all]) => [
      name,
      formatCount(all.length),
      formatCount(all.filter(({ hit }) => hit).length),
      times(all.map(({ backMs }) => backMs)),
    ]),
  ];
  const compared = [
    ["written by", "records", "lost", "doubled", "disordered", "dead letters", "behind"],
    ...pipeline.map((difference) => [`${difference.job} in the pipeline`, ...numbers(difference)]),
    ...finite.map(({ name, hit, difference }) => [hit ? name : `${name}, too late`, ...numbers(difference)]),
  ];
  const tables = [aligned(compared, (column) => column === 0)];
  if (rounds.length > 0) tables.unshift(aligned(disturbances, (column) => column === 0 || column === 3));
  return tables.join("\n\n");
}

function numbers({ records, lost, doubled, disordered, letters, behind }: Difference): string[] {
  return [records, lost, doubled, disordered, letters, behind].map(formatCount);
}
