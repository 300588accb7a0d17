import { type EnvironmentOptions, StreamExecutionEnvironment } from "../api/environment.ts";
import type { StreamGraph } from "../graph.ts";
import { executeJob } from "../runtime/job_execution.ts";
import type { JobExecutionResult } from "../runtime/job_result.ts";
import type { JobRunOptions, RunningParts } from "../runtime/options.ts";

/** An environment that is executed by its harness. */
export class HarnessEnvironment extends StreamExecutionEnvironment {
  readonly #onWired: (graph: StreamGraph, parts: RunningParts) => void;

  constructor(options: EnvironmentOptions, onWired: (graph: StreamGraph, parts: RunningParts) => void) {
    super(options);
    this.#onWired = onWired;
  }

  override execute(): Promise<JobExecutionResult> {
    throw new TypeError("Cannot execute a job inside of a JobHarness: describe it only, the harness executes it");
  }

  executeNow(): Promise<JobExecutionResult> {
    return this.start();
  }

  protected override run(graph: StreamGraph, options: JobRunOptions): Promise<JobExecutionResult> {
    return executeJob(graph, { ...options, onWired: (parts) => this.#onWired(graph, parts) });
  }
}
