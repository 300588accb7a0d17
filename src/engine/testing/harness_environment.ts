import { StreamExecutionEnvironment } from "../api/environment.ts";
import type { StreamGraph } from "../graph.ts";
import { executeJob } from "../runtime/job_execution.ts";
import type { EnvironmentOptions } from "../runtime/job_settings.ts";
import type { JobExecutionResult } from "../runtime/job_result.ts";
import type { RunningJob } from "../runtime/running_job.ts";

/** An environment that its harness executes. */
export class HarnessEnvironment extends StreamExecutionEnvironment {
  readonly #onOpened: (graph: StreamGraph, job: RunningJob) => void;

  constructor(options: EnvironmentOptions, onOpened: (graph: StreamGraph, job: RunningJob) => void) {
    super(options);
    this.#onOpened = onOpened;
  }

  /** Throws synchronously: a function that describes a job may not await, so a rejection would not be noticed. */
  override execute(): never {
    throw new TypeError("Cannot execute a job inside of a JobHarness: describe it only, the harness executes it");
  }

  async executeNow(): Promise<JobExecutionResult> {
    const { graph, options } = await this.prepare();
    return await executeJob(graph, { ...options, onOpened: (job) => this.#onOpened(graph, job) });
  }
}
