/** Commands about jobs on a cluster: what they do, their end, their savepoints. */
import { COUNTERS } from "../../flink/protocol/frame.ts";
import { type FlinkRest, isTerminal, type JobVertex, rootCause } from "../../flink/rest.ts";
import { formatCount, parseFlags, UsageError, writeErrorLine, writeOutput } from "../../utils.ts";
import { findJob, restOf } from "./cluster_address.ts";

/** `list`: the jobs of the cluster. */
export async function list(args: readonly string[]): Promise<void> {
  parseFlags(args, {}, { command: "deno task flink list", describe: "Lists the jobs that the cluster remembers." });
  for (const { jid, name, state, duration } of await restOf(Deno.env).jobs()) {
    await writeOutput(`${jid}  ${state.toLowerCase().padEnd(9)}  ${seconds(duration).padStart(8)}  ${name}\n`);
  }
}

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
  const wanted = names.filter((each) => /\.worker\.|\.pendingRecords$/.test(each));
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
  const counts = counted.length === 0 ? "" : `: ${counted.join(", ")}`;
  return `  ${name} × ${parallelism}, ${status.toLowerCase()}${counts}`;
}

/** `cancel JOB`: ends it without a savepoint. */
export async function cancel(args: readonly string[]): Promise<void> {
  const { _: [wanted] } = parseFlags(args, {}, {
    command: "deno task flink cancel",
    describe: "Ends a job without a savepoint; it cannot go on.",
    positionals: ["JOB"],
  });
  const rest = restOf(Deno.env);
  const { jid, name } = await running(rest, wanted!);
  await rest.cancel(jid);
  writeErrorLine(`${name}: ${(await rest.ended(jid)).toLowerCase()}`);
}

/** `savepoint JOB`: makes one, and the job goes on. */
export async function savepoint(args: readonly string[]): Promise<void> {
  const { _: [wanted, directory] } = parseFlags(args, {}, {
    command: "deno task flink savepoint",
    describe: "Makes a savepoint of a job that goes on, and prints where it lies.",
    positionals: ["JOB", "[DIRECTORY]"],
  });
  const rest = restOf(Deno.env);
  const { jid } = await running(rest, wanted!);
  await writeOutput(`${await rest.savepoint(jid, directory)}\n`);
}

/** `stop JOB`: ends it with a savepoint. */
export async function stop(args: readonly string[]): Promise<void> {
  const { _: [wanted, directory], drain } = parseFlags(args, {
    drain: { help: "let every window fire first; the job cannot go on from the savepoint as if nothing had been" },
  }, {
    command: "deno task flink stop",
    describe: 'Ends a job with a savepoint, and prints where it lies; "run --from-savepoint" goes on from it.',
    positionals: ["JOB", "[DIRECTORY]"],
  });
  const rest = restOf(Deno.env);
  const { jid, name } = await running(rest, wanted!);
  const path = await rest.stop(jid, { drain, ...directory !== undefined && { directory } });
  writeErrorLine(`${name}: ${(await rest.ended(jid)).toLowerCase()}`);
  await writeOutput(`${path}\n`);
}

async function running(rest: FlinkRest, wanted: string): Promise<{ readonly jid: string; readonly name: string }> {
  const job = await findJob(rest, wanted);
  if (!isTerminal(job.state)) return job;
  throw new UsageError(`The job "${job.name}" (${job.jid.slice(0, 8)}) does not run: it is ${job.state.toLowerCase()}`);
}

function seconds(ms: number): string {
  return ms < 60_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.floor(ms / 60_000)} min`;
}
