/**
 * Takes the place of `engine/runtime/job_execution.ts` in a job that is bundled for a cluster: the job is described, or one of its
 * stages is run, as STREAM_APPS_FLINK says.
 */
import type { StreamGraph } from "../../engine/graph.ts";
import type { JobRunOptions } from "../../engine/runtime/run_options.ts";
import { explained, type JobExecutionResult } from "../../engine/runtime/job_result.ts";
import { describeJob } from "../description.ts";
import { serve } from "../worker/serve.ts";
import { kafkaOfJob } from "./kafka.ts";
import { MODE_VARIABLE, PLAN_MARK } from "./mode.ts";

/** @throws {JobError} if the job uses what does not run on a cluster */
export async function executeJob(graph: StreamGraph, options: JobRunOptions): Promise<JobExecutionResult> {
  const job = await describeJob(graph, options, kafkaOfJob);
  if (Deno.env.get(MODE_VARIABLE) === "worker") return await serve(job);
  // deno-lint-ignore no-console -- standard output is how whoever submits the job gets the plan
  console.log(PLAN_MARK + JSON.stringify(job.plan));
  return explained(options.jobName);
}
