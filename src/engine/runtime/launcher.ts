import type { StreamGraph } from "../graph.ts";
import type { ExecuteOptions } from "./job_execution.ts";
import type { JobRunOptions } from "./run_options.ts";
import type { JobExecutionResult } from "./job_result.ts";

/** A job as a program has described it, on the point of being run. */
export interface DescribedJob {
  readonly graph: StreamGraph;
  readonly options: JobRunOptions;
  /** Runs a job, this one or what was made of it, by the engine that the program has loaded. */
  readonly run: (graph: StreamGraph, options: ExecuteOptions) => Promise<JobExecutionResult>;
}

/** Takes a job in the place of the engine: it may look at it, run it another way, or send it elsewhere. */
export type JobLauncher = (job: DescribedJob) => Promise<JobExecutionResult>;

/** Of a symbol that all copies of this module share: the launcher and the program may have loaded one each. */
const LAUNCHER = Symbol.for("@stream-apps/deno launcher");

/**
 * Who takes the job that `execute()` would run; undefined: nobody. A program of which only the description is wanted is started
 * with `deno run --preload=FILE`, where FILE calls {@link setJobLauncher}; the program itself knows nothing of it.
 */
export function jobLauncher(): JobLauncher | undefined {
  return (globalThis as { [launcher: symbol]: JobLauncher | undefined })[LAUNCHER];
}

/** Has all jobs of this process taken by `launcher`; undefined: by nobody from now on. */
export function setJobLauncher(launcher: JobLauncher | undefined): void {
  Object.assign(globalThis, { [LAUNCHER]: launcher });
}
