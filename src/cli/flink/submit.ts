/** A job of this project on its way to a cluster: bundled, described, checked, submitted. */
import { type Broker, UnknownTopicError } from "../../connectors/mod.ts";
import { hashOf } from "../../flink/hash.ts";
import { MODE_VARIABLE, PLAN_MARK, REPLACEMENTS } from "../../flink/job/mode.ts";
import type { DescribedPlan } from "../../flink/description.ts";
import type { InitialState } from "../../flink/hand_over.ts";
import type { FlinkPlan, Order } from "../../flink/plan.ts";
import { encodeSubmission } from "../../flink/submission.ts";
import type { FlinkRest } from "../../flink/rest.ts";
import { V8_FLAGS } from "../../inspect/run_flags.ts";
import { type Logger, writeErrorLine } from "../../utils.ts";
import { bundleJob } from "./bundle.ts";
import { FLINK_VERSION } from "./fetch.ts";
import { uploadRunner } from "./upload.ts";

/** A job that cannot be submitted, in one sentence. */
export class SubmitError extends Error {
  override name = "SubmitError";
  readonly code = "TOOL_FAILED";
}

/** What a worker may do: its records come and go over standard input and output, all else is the job's own. */
const WORKER_FLAGS = ["--allow-net", "--allow-env", V8_FLAGS];

/** Below what a cluster takes by default in one request, `rest.server.max-content-length`; characters of one byte. */
const MAX_SUBMISSION = 90_000_000;

/** Variables that decide where a job's topics are; workers need none of them but the first. */
const BROKER_VARIABLES = /^(BOOTSTRAP_SERVERS|BROKER.*|KAFKA.*)$/;

/** For the broker that a command opens: what it connects to is of no interest. */
export const WARNINGS_ONLY: Logger = { debug() {}, info() {}, warn: writeErrorLine, error: writeErrorLine };

/** Which job is submitted, and how. */
export interface SubmitOptions {
  /** The job's file. */
  readonly file: string;
  /** Of the job. */
  readonly arguments: readonly string[];
  readonly parallelism: number;
  readonly order: Order;
  /** The absolute path of the project. */
  readonly root: string;
  /** All variables of this process. */
  readonly environment: Readonly<Record<string, string>>;
  /** Names of those that the job's functions need. */
  readonly passedOn: readonly string[];
  /** A worker that takes longer for one batch is held to hang, ms. */
  readonly answerWithinMs: number;
  /** Where the cluster reaches the brokers, if not where this process does. */
  readonly clusterServers?: string | undefined;
  readonly savepointPath?: string | undefined;
  readonly allowNonRestoredState?: boolean;
  /** What it goes on from that did not run on a cluster before. */
  readonly state?: InitialState | undefined;
}

/** A job that is ready to be submitted. */
export interface PreparedJob {
  readonly plan: FlinkPlan;
  readonly bundle: string;
}

/** Bundles a job and has it describe itself. @throws {SubmitError} if it cannot be, or uses what does not run on a cluster */
export async function prepareJob(options: SubmitOptions): Promise<PreparedJob> {
  const { file, root, passedOn, order, answerWithinMs, clusterServers } = options;
  const environment = clusterServers === undefined
    ? options.environment
    : { ...options.environment, BOOTSTRAP_SERVERS: clusterServers };
  const missing = passedOn.filter((name) => environment[name] === undefined);
  if (missing.length > 0) throw new SubmitError(`Cannot pass on ${missing.join(", ")}: no such variable is set here`);
  await Deno.stat(file).catch(() => {
    throw new SubmitError(`Cannot submit "${file}": there is no such file`);
  });
  const bundle = await bundleJob(await Deno.realPath(file), { root, replacements: REPLACEMENTS });
  const worker = {
    bundleHash: await hashOf(bundle),
    flags: WORKER_FLAGS,
    arguments: options.arguments,
    environment: {
      TZ: Intl.DateTimeFormat().resolvedOptions().timeZone,
      ...pick(environment, (name) => name === "BOOTSTRAP_SERVERS" || name === "LOG_LEVEL" || passedOn.includes(name)),
      [MODE_VARIABLE]: "worker",
    },
  };
  const submission = {
    file: fromRoot(await Deno.realPath(file), root),
    arguments: JSON.stringify(options.arguments),
    env: passedOn.join(","),
    order,
    answerWithinMs: String(answerWithinMs),
    clusterServers: clusterServers ?? "",
  };
  return {
    plan: { ...await describe(bundle, { ...options, environment }), order, answerWithinMs, worker, submission },
    bundle,
  };
}

/** A path below the project's folder as a path from there. */
function fromRoot(path: string, root: string): string {
  return path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path;
}

/** Runs the bundle once, in a process of its own as on the cluster, for its plan. */
async function describe(bundle: string, options: SubmitOptions): Promise<DescribedPlan> {
  const { environment, passedOn } = options;
  const dir = await Deno.makeTempDir({ prefix: "describe-" });
  try {
    await Deno.writeTextFile(`${dir}/job.js`, bundle);
    const env = pick(
      environment,
      (name) => BROKER_VARIABLES.test(name) || name === "LOG_LEVEL" || passedOn.includes(name),
    );
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--no-prompt", "--no-config", "--no-lock", "--allow-read", ...WORKER_FLAGS],
        ...[`${dir}/job.js`, ...options.arguments],
      ],
      clearEnv: true,
      env: { ...env, HOME: environment.HOME ?? dir, NO_COLOR: "1", [MODE_VARIABLE]: "describe" },
      stdin: "null",
    }).output();
    const text = new TextDecoder().decode(stdout);
    const line = text.split("\n").find((each) => each.startsWith(PLAN_MARK));
    if (line !== undefined) return JSON.parse(line.slice(PLAN_MARK.length));
    const words = new TextDecoder().decode(stderr).trim().replace(/^error: /, "");
    if (!success) throw new SubmitError(words);
    throw new SubmitError(
      `Cannot submit "${options.file}": it has run and described no job; its main() must call execute()`,
    );
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** Whether a job reads or writes topics, dead letters among them. */
export function usesTopics({ kafka }: FlinkPlan): boolean {
  return Object.keys(kafka).length > 0;
}

/**
 * Submits a job. @param broker of its topics; undefined if it has none @returns its id on the cluster
 * @throws {SubmitError} if the cluster has another version or too few slots, or a topic is missing
 */
export async function submitJob(
  rest: FlinkRest,
  { plan, bundle }: PreparedJob,
  options: Pick<SubmitOptions, "parallelism" | "savepointPath" | "allowNonRestoredState" | "state">,
  broker: Broker | undefined,
): Promise<string> {
  const { parallelism, savepointPath, allowNonRestoredState, state } = options;
  await checkCluster(rest, parallelism);
  if (plan.bounded && savepointPath !== undefined) {
    throw new SubmitError(
      "Cannot run a bounded job from a savepoint: Flink's Kafka source keeps the splits of the savepoint, which have no end; " +
        "run it without --bounded, and stop it",
    );
  }
  if (broker !== undefined) await checkTopics(plan, broker);
  const submission = await encodeSubmission({ plan, bundle, state });
  if (submission.length > MAX_SUBMISSION) {
    throw new SubmitError(
      `Cannot submit "${plan.jobName}": with its state it takes ${
        Math.ceil(submission.length / 1_000_000)
      } MB, and a cluster takes ${MAX_SUBMISSION / 1_000_000}`,
    );
  }
  return await rest.runJar(await uploadRunner(rest), {
    arguments: [submission],
    parallelism,
    ...savepointPath !== undefined && { savepointPath },
    ...allowNonRestoredState && { allowNonRestoredState },
  });
}

/** @throws {SubmitError} if the cluster has another version, or too few slots */
export async function checkCluster(rest: FlinkRest, parallelism: number): Promise<void> {
  const overview = await rest.overview();
  const version = overview["flink-version"];
  const [major, minor] = FLINK_VERSION.split(".");
  if (!version.startsWith(`${major}.${minor}.`)) {
    throw new SubmitError(
      `Cannot submit to Flink ${version} at ${rest.address}: the runner is built for ${major}.${minor}`,
    );
  }
  const free = overview["slots-available"];
  if (free >= parallelism) return;
  throw new SubmitError(
    `Cannot submit a job of parallelism ${parallelism} to ${rest.address}: it has ${free} of ${
      overview["slots-total"]
    } slots free; ` +
      "cancel a job, take a smaller --parallelism, or add TaskManagers",
  );
}

/** Flink would start such a job again and again. */
async function checkTopics({ stages }: FlinkPlan, broker: Broker): Promise<void> {
  const topics = new Set<string>();
  for (const { input, outlets } of stages) {
    if (input.kind === "topic") topics.add(input.topic);
    for (const outlet of outlets) if (outlet.kind === "topic" && !outlet.deadLetters) topics.add(outlet.topic);
  }
  try {
    await broker.describeTopics([...topics]);
  } catch (error) {
    if (!(error instanceof UnknownTopicError)) throw error;
    throw new SubmitError(`Cannot submit the job: ${error.message}`);
  }
}

function pick(
  environment: Readonly<Record<string, string>>,
  wanted: (name: string) => boolean,
): Record<string, string> {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => wanted(name)));
}
