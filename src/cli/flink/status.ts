/** `deno task flink status`: what a job on a cluster does, and what it waits for. */
import { COUNTERS } from "../../flink/protocol/frame.ts";
import { type FlinkRest, type JobVertex, rootCause } from "../../flink/rest.ts";
import { formatCount, parseFlags, writeOutput } from "../../utils.ts";
import { findJob, restOf } from "./cluster_address.ts";
import { seconds } from "./jobs.ts";

/** `status JOB`: its stages with their counts, its checkpoints, what made it start again. */
export async function status(args: readonly string[]): Promise<void> {
  const { _: [wanted] } = parseFlags(args, {}, {
    command: "deno task flink status",
    describe:
      "Shows what a job does: records of each stage, late ones and dead letters, how far its sources are behind, checkpoints,\n" +
      "and why it last started again. A job is named by its id, the beginning of it, or its name.",
    positionals: ["JOB"],
  });
  const rest = restOf(Deno.env);
  const { jid, name, state, duration } = await findJob(rest, wanted!);
  const lines = [`${name} (${jid}): ${state.toLowerCase()} for ${seconds(duration)}`];
  for (const vertex of (await rest.job(jid)).vertices) lines.push(await describeVertex(rest, jid, vertex));
  const { counts, latest } = await rest.checkpoints(jid);
  const last = latest.completed === null
    ? ""
    : `, the last of ${Math.ceil(latest.completed.state_size / 1024)} KB in ${latest.completed.end_to_end_duration} ms`;
  lines.push(`  checkpoints: ${counts.completed} completed, ${counts.failed} failed${last}`);
  const [failure] = await rest.failures(jid);
  if (failure !== undefined) {
    lines.push(`  last failure, at ${new Date(failure.timestamp).toISOString()}: ${rootCause(failure.stacktrace)}`);
  }
  await writeOutput(`${lines.join("\n")}\n`);
}

/** Records of a task, as far as its metrics are there: Flink collects them every few seconds. */
async function describeVertex(
  rest: FlinkRest,
  job: string,
  { id, name, parallelism, status }: JobVertex,
): Promise<string> {
  const names = await rest.metricNames(job, id);
  const wanted = names.filter((each) => /\.worker\.|\.pendingRecords$|\.waiting$/.test(each));
  const values = new Map<string, number>();
  for (const metric of wanted.length === 0 ? [] : await rest.metrics(job, id, wanted)) {
    values.set(metric.id.slice(metric.id.lastIndexOf(".") + 1), metric.sum ?? 0);
  }
  const counted = COUNTERS.filter((counter) =>
    values.has(counter) && (counter !== "pending" || values.get(counter)! > 0)
  )
    .map((counter) => `${formatCount(values.get(counter)!)} ${counter}`);
  const lag = values.get("pendingRecords");
  if (lag !== undefined) counted.push(`${formatCount(lag)} still to be read`);
  const waiting = values.get("waiting") ?? 0;
  if (waiting > 0) counted.push(`${formatCount(waiting)} wait for earlier ones`);
  const counts = counted.length === 0 ? "" : `: ${counted.join(", ")}`;
  return `  ${name} × ${parallelism}, ${status.toLowerCase()}${counts}`;
}
