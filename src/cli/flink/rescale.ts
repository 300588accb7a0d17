/** `deno task flink rescale`: ends a job with a savepoint and submits it again from there with another parallelism. */
import { fileURLToPath } from "node:url";
import { openBroker } from "../../connectors/mod.ts";
import { SYSTEM_CLOCK } from "../../engine/mod.ts";
import { ORDERS } from "../../flink/plan.ts";
import type { FlinkRest } from "../../flink/rest.ts";
import { brokerSettings, parseFlags, UsageError, wholeNumber, writeErrorLine, writeOutput } from "../../utils.ts";
import { ROOT } from "../../utils/task.ts";
import { findRunningJob, restOf } from "./cluster_address.ts";
import { prepareJob, SubmitError, submitJob, type SubmitOptions, usesTopics, WARNINGS_ONLY } from "./submit.ts";

const SLOTS_WITHIN_MS = 30_000;

/** `rescale JOB N` */
export async function rescale(args: readonly string[]): Promise<void> {
  const { _: [wanted, number] } = parseFlags(args, {}, {
    command: "deno task flink rescale",
    describe:
      "Ends a job with a savepoint and runs it again from there, with N subtasks of each stage: the file as it is now, with the\n" +
      "arguments and settings that the job was submitted with. Variables that travel with it must be set here. Prints its new id.",
    positionals: ["JOB", "N"],
  });
  const parallelism = parallelismOf(number!);
  const rest = restOf(Deno.env);
  const { jid, name } = await findRunningJob(rest, wanted!);
  const options = await submittedAs(rest, jid, parallelism);
  // All that may go wrong goes wrong before the job is ended.
  const job = await prepareJob(options);
  if (job.plan.jobName !== name) {
    throw new SubmitError(`Cannot rescale "${name}": ${options.file} describes the job "${job.plan.jobName}" now`);
  }
  if (job.plan.bounded) {
    throw new SubmitError(`Cannot rescale "${name}": it is bounded, and a bounded job cannot go on from a savepoint`);
  }
  await checkSlots(rest, jid, parallelism);
  await using broker = usesTopics(job.plan)
    ? await openBroker({ settings: brokerSettings(), logger: WARNINGS_ONLY })
    : undefined;
  const savepointPath = await rest.stop(jid);
  await rest.ended(jid);
  await slotsAreFree(rest, parallelism);
  writeErrorLine(`${name}: stopped, its savepoint is ${savepointPath}`);
  const id = await submitJob(rest, job, { ...options, savepointPath }, broker?.port).catch((error) => {
    throw new SubmitError(
      `Cannot run "${name}" again, which has been stopped: ${(error as Error).message}; ` +
        `deno task flink run --from-savepoint ${savepointPath} goes on`,
      { cause: error },
    );
  });
  await writeOutput(`${id}\n`);
  writeErrorLine(`${name}: runs again with a parallelism of ${parallelism}`);
}

function parallelismOf(text: string): number {
  try {
    return wholeNumber({ min: 1 })(text);
  } catch (error) {
    throw new UsageError(`Cannot use "${text}" as N: ${(error as Error).message}`);
  }
}

/** What a job was submitted with. @throws {UsageError} if it was not submitted by `deno task flink run` */
async function submittedAs(rest: FlinkRest, id: string, parallelism: number): Promise<SubmitOptions> {
  const { file, arguments: own, env, order, answerWithinMs, clusterServers } = await rest.jobParameters(id);
  if (file === undefined || own === undefined) {
    throw new UsageError(`Cannot rescale job ${id}: it was not submitted by "deno task flink run"`);
  }
  const root = fileURLToPath(ROOT).replace(/\/$/, "");
  return {
    file: file.startsWith("/") ? file : `${root}/${file}`,
    arguments: JSON.parse(own) as string[],
    parallelism,
    root,
    environment: Deno.env.toObject(),
    passedOn: (env ?? "").split(",").filter((name) => name !== ""),
    // Jobs that were submitted before there was an order have none.
    order: ORDERS.find((each) => each === order) ?? "none",
    answerWithinMs: Number(answerWithinMs),
    clusterServers: clusterServers === "" ? undefined : clusterServers,
  };
}

/** The slots that the job has now are free once it has ended. */
async function checkSlots(rest: FlinkRest, id: string, parallelism: number): Promise<void> {
  const [overview, { vertices }] = await Promise.all([rest.overview(), rest.job(id)]);
  const free = overview["slots-available"] + Math.max(...vertices.map((vertex) => vertex.parallelism));
  if (free >= parallelism) return;
  throw new SubmitError(
    `Cannot rescale to a parallelism of ${parallelism}: ${rest.address} has ${free} of ${
      overview["slots-total"]
    } slots for it; cancel a job, take a smaller number, or add TaskManagers`,
  );
}

/** A job that has ended gives its slots back a moment later. If others take them, submitting the job says so. */
async function slotsAreFree(rest: FlinkRest, parallelism: number): Promise<void> {
  for (const deadline = performance.now() + SLOTS_WITHIN_MS; performance.now() < deadline;) {
    if ((await rest.overview())["slots-available"] >= parallelism) return;
    await SYSTEM_CLOCK.sleep(200);
  }
}
