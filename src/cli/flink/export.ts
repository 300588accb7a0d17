/** `deno task flink export`: a savepoint of a cluster as a commit that a job can go on from at home. */
import { fileURLToPath } from "node:url";
import { type Broker, openBroker } from "../../connectors/mod.ts";
import { commitOf } from "../../flink/hand_over.ts";
import type { FlinkPlan } from "../../flink/plan.ts";
import { encodeSubmission } from "../../flink/submission.ts";
import type { FlinkRest } from "../../flink/rest.ts";
import { rootCause } from "../../flink/rest_calls.ts";
import { fetchAll, rangesOf } from "../../inspect/topic_records.ts";
import { brokerSettings, formatCount, parseFlags, writeErrorLine } from "../../utils.ts";
import { ROOT } from "../../utils/task.ts";
import { savepointText } from "../state/savepoint.ts";
import { writeSavepointFile } from "../state/savepoint_file.ts";
import { restOf } from "./cluster_address.ts";
import { CLUSTER_SERVERS_FLAG, ENV_FLAG } from "./job_flags.ts";
import { checkCluster, prepareJob, SubmitError, WARNINGS_ONLY } from "./submit.ts";
import { uploadRunner } from "./upload.ts";

/** What is too large for a record of the topic cannot be a value of a state either. */
const MAX_RECORD_BYTES = 8 << 20;

/** `export FILE SAVEPOINT TARGET` */
export async function exportState(args: readonly string[], signal: AbortSignal): Promise<void> {
  const split = args.indexOf("--");
  const flags = parseFlags(split < 0 ? args : args.slice(0, split), {
    env: ENV_FLAG,
    clusterServers: CLUSTER_SERVERS_FLAG,
    yes: { short: "y", help: "overwrite TARGET if it is there" },
  }, {
    command: "deno task flink export",
    describe:
      "Writes the state of a job's savepoint, or of a checkpoint that was kept, into the file TARGET, with its timers, event time and\n" +
      'positions: "deno task state JOB import TARGET" makes it a commit to go on from at home. FILE is the job\'s, behind -- stand\n' +
      "its own flags, as for run. A small job on the cluster reads the savepoint, which takes one slot. The job must have been\n" +
      "stopped by that savepoint: one that goes on writes the same results once more.",
    positionals: ["FILE", "SAVEPOINT", "TARGET"],
  });
  const [file, savepointPath, target] = flags._ as [string, string, string];
  const rest = restOf(Deno.env);
  await rest.overview();
  const { plan } = await prepareJob({
    file,
    arguments: split < 0 ? [] : args.slice(split + 1),
    parallelism: 1,
    order: "topics",
    root: fileURLToPath(ROOT).replace(/\/$/, ""),
    environment: Deno.env.toObject(),
    passedOn: flags.env,
    clusterServers: flags.clusterServers,
    answerWithinMs: 60_000,
  });
  checkHasTopicsOnly(plan);
  await using opened = await openBroker({ settings: brokerSettings(), logger: WARNINGS_ONLY });
  const broker = opened.port;
  const exported = await readSavepoint(rest, { plan, savepointPath, broker, signal });
  const topics = plan.stages.flatMap(({ input }) => input.kind === "topic" ? [input.topic] : []);
  const entries = commitOf(plan, exported, await broker.describeTopics([...new Set(topics)]));
  const head = { job: plan.jobName, exportedAt: new Date().toISOString(), from: "flink" };
  await writeSavepointFile(target, savepointText(entries, head), { overwrite: flags.yes, signal });
  writeErrorLine(`exported ${formatCount(entries.size)} entries of ${plan.jobName} to ${target}`);
}

/** @throws {SubmitError} if a position is among the state that has no place in a commit at home */
function checkHasTopicsOnly({ jobName, stages }: FlinkPlan): void {
  for (const { input } of stages) {
    if (input.kind !== "made") continue;
    throw new SubmitError(
      `Cannot export "${jobName}": its source "${input.name}" makes up its records, and how far it has come stays on the cluster`,
    );
  }
}

/** What a savepoint is read with. */
interface Reading {
  readonly plan: FlinkPlan;
  readonly savepointPath: string;
  readonly broker: Broker;
  readonly signal: AbortSignal;
}

/** Has the cluster write a savepoint's state into a topic, which is there as long as this takes. */
async function readSavepoint(
  rest: FlinkRest,
  { plan, savepointPath, broker, signal }: Reading,
): Promise<Map<string, Uint8Array>> {
  await checkCluster(rest, 1);
  const topic = `${plan.jobName}.export-${crypto.randomUUID().slice(0, 8)}`;
  await broker.createTopics([{ name: topic, partitions: 1, maxRecordBytes: MAX_RECORD_BYTES }]);
  try {
    const id = await rest.runJar(await uploadRunner(rest), {
      arguments: [await encodeSubmission({ plan, exportTo: topic })],
      parallelism: 1,
      savepointPath,
      // That of its sinks is not read.
      allowNonRestoredState: true,
    });
    if (await rest.ended(id, signal) !== "FINISHED") {
      const [failure] = await rest.failures(id);
      throw new SubmitError(
        `Cannot export "${plan.jobName}": ${
          failure === undefined ? "the cluster did not read it" : rootCause(failure.stacktrace)
        }`,
      );
    }
    return await recordsOf(broker, topic, signal);
  } finally {
    await broker.deleteTopics([topic]);
  }
}

/** Values of a topic by their keys. */
async function recordsOf(broker: Broker, topic: string, signal: AbortSignal): Promise<Map<string, Uint8Array>> {
  const [description] = await broker.describeTopics([topic]);
  const ranges = rangesOf(description!);
  const positions = ranges.map(({ partition, start }) => ({ topic, partition, offset: start }));
  const found = new Map<string, Uint8Array>();
  const decoder = new TextDecoder();
  const fetcher = await broker.fetcher();
  try {
    for await (const { records } of fetchAll(fetcher, positions, ranges, signal)) {
      for (const { key, value } of records) found.set(decoder.decode(key!), value!.slice());
    }
  } finally {
    await fetcher.close();
  }
  signal.throwIfAborted();
  return found;
}
