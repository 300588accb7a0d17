/** `deno task flink status`: what a job on a cluster does, and what it waits for. */
import { rootCause } from "../../flink/rest_calls.ts";
import { formatCount, parseFlags, writeOutput } from "../../utils.ts";
import { findJob, restOf } from "./cluster_address.ts";
import { seconds } from "./jobs.ts";
import { readStages, type StageView } from "./stage_view.ts";
import { whatItWaitsFor } from "./what_it_waits_for.ts";

/** `status JOB`: its stages with their counts, what it waits for, its checkpoints, what made it start again. */
export async function status(args: readonly string[]): Promise<void> {
  const { _: [wanted] } = parseFlags(args, {}, {
    command: "deno task flink status",
    describe:
      "Shows what a job does: records of each stage, late ones and dead letters, how far its sources are behind, what it waits\n" +
      "for, checkpoints, and why it last started again. A job is named by its id, the beginning of it, or its name.",
    positionals: ["JOB"],
  });
  const rest = restOf(Deno.env);
  const job = await findJob(rest, wanted!);
  const { jid, name, state, duration } = job;
  const stages = await readStages(rest, jid);
  const lines = [`${name} (${jid}): ${state.toLowerCase()} for ${seconds(duration)}`, ...stages.map(describeStage)];
  const reason = whatItWaitsFor(state, stages);
  if (reason !== undefined) lines.push(`  ${reason}`);
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

/** Its records, as far as they are known: Flink collects metrics every few seconds. */
function describeStage({ name, parallelism, status, counters, unread, waiting }: StageView): string {
  const { in: taken, out, filtered, late, dead, pending = 0 } = counters;
  const counted = Object.entries({ in: taken, out, filtered, late, "dead letters": dead })
    .flatMap(([what, count]) => count === undefined ? [] : [`${formatCount(count)} ${what}`]);
  if (pending > 0) counted.push(`${formatCount(pending)} pending`);
  if (unread !== undefined) counted.push(`${formatCount(unread)} still to be read`);
  if (waiting > 0) counted.push(`${formatCount(waiting)} wait for earlier ones`);
  const counts = counted.length === 0 ? "" : `: ${counted.join(", ")}`;
  return `  ${name} × ${parallelism}, ${status.toLowerCase()}${counts}`;
}
