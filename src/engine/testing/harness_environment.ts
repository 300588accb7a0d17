import { StreamExecutionEnvironment } from "../api/environment.ts";
import type { StreamGraph } from "../graph.ts";
import { executeJob } from "../runtime/job_execution.ts";
import type { EnvironmentOptions, RunningJob } from "../runtime/job_options.ts";
import type { JobExecutionResult } from "../runtime/job_result.ts";

/** An environment that its harness executes. */
export class HarnessEnvironment extends StreamExecutionEnvironment {
  readonly #onWired: (graph: StreamGraph, parts: RunningJob) => void;

  constructor(options: EnvironmentOptions, onWired: (graph: StreamGraph, parts: RunningJob) => void) {
    super(options);
    this.#onWired = onWired;
  }

  /** Throws synchronously: a function that describes a job may not await, so a rejection would not be noticed. */
  override execute(): never {
    throw new TypeError("Cannot execute a job inside of a JobHarness: describe it only, the harness executes it");
  }

  async executeNow(): Promise<JobExecutionResult> {
    const { graph, options } = await this.prepare();
    return await executeJob(graph, { ...options, onWired: (parts) => this.#onWired(graph, parts) });
  }
}
