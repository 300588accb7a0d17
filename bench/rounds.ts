/** Several systems run in turn, round by round. What fails is a failure of that system: the figures of the others stay. */
import { WrongOutput } from "./expected.ts";
import type { RunFigures } from "./measured_run.ts";
import { ProgramFailure } from "./running_program.ts";
import type { System } from "./systems.ts";

export interface RoundsOptions {
  readonly rounds: number;
  /** So many first rounds do not count; default 0. */
  readonly unmeasured?: number;
  /** Runs a system once. */
  readonly run: (system: System) => Promise<RunFigures>;
  /** Whether there are figures enough of a system, so that it is not run again; default: each is run in each round. */
  readonly isEnough?: (system: System, figures: ReadonlyMap<System, readonly RunFigures[]>) => boolean;
  /** Hears of each run that counts; rounds are numbered from 1. */
  readonly onRun?: (system: System, figures: RunFigures, round: number) => void;
  /** Logs what fails. */
  readonly log: (line: string) => void;
  readonly signal: AbortSignal;
}

export interface RoundsResult {
  /** In the order of the systems, without those that failed: of each one entry a round, from the first on. */
  readonly figures: ReadonlyMap<System, readonly RunFigures[]>;
  /** A sentence for each system of which there are no figures. */
  readonly failures: readonly string[];
  /** A sentence for each run that failed and was made again. */
  readonly repeated: readonly string[];
}

/**
 * Runs each system once a round, each round beginning with the next one, so that no system is always the first. A run that fails is
 * made again at once; a system whose run fails twice in a row is left out from then on, and so are its figures.
 *
 * @throws {WrongOutput} if ours wrote something wrong
 */
export async function runRounds(systems: readonly System[], options: RoundsOptions): Promise<RoundsResult> {
  const { rounds, unmeasured = 0, isEnough = () => false, onRun } = options;
  const figures = new Map<System, RunFigures[]>(systems.map((system) => [system, []]));
  const failures: string[] = [];
  const repeated: string[] = [];
  for (let round = -unmeasured; round < rounds; round++) {
    for (let i = 0; i < systems.length; i++) {
      const system = systems[(i + round + unmeasured) % systems.length]!;
      const kept = figures.get(system);
      if (kept === undefined || isEnough(system, figures)) continue;
      const first = await tryRun(system, options);
      const run = "failure" in first ? await tryRun(system, options) : first;
      if ("failure" in run) {
        figures.delete(system);
        failures.push(`${system.name} (${system.guarantee}): ${run.failure}`);
        continue;
      }
      if ("failure" in first) repeated.push(`A run of ${system.name} failed and was made again: ${first.failure}`);
      if (round < 0) continue;
      kept.push(run);
      onRun?.(system, run, round + 1);
    }
  }
  return { figures, failures, repeated };
}

async function tryRun(
  system: System,
  { run, log, signal }: RoundsOptions,
): Promise<RunFigures | { readonly failure: string }> {
  try {
    return await run(system);
  } catch (error) {
    signal.throwIfAborted();
    // Wrong results of ours end the bench: until they are mended no figure is of interest.
    const isOfSystem = error instanceof ProgramFailure || error instanceof WrongOutput && system.kind !== "ours";
    if (!isOfSystem) throw error;
    log(`${system.name} failed: ${error.message}`);
    return { failure: error.message };
  }
}
