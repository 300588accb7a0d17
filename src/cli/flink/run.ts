/** `deno task flink run`: submits a job and, unless it is to be left alone, waits for its end. */
import { fileURLToPath } from "node:url";
import type { CommandLine } from "../../utils.ts";
import {
  brokerSettings,
  parseFlags,
  parsePositiveDuration,
  UsageError,
  wholeNumber,
  writeErrorLine,
  writeOutput,
} from "../../utils.ts";
import { type Broker, openBroker } from "../../connectors/mod.ts";
import { SYSTEM_CLOCK } from "../../engine/mod.ts";
import { type InitialState, initialState } from "../../flink/hand_over.ts";
import { type FlinkPlan, type Order, ORDERS } from "../../flink/plan.ts";
import { type FlinkRest, isTerminal } from "../../flink/rest.ts";
import { FlinkRestError, rootCause } from "../../flink/rest_calls.ts";
import { ROOT } from "../../utils/task.ts";
import { placePositions } from "../state/positions.ts";
import { readSavepointFile } from "../state/savepoint_file.ts";
import { restOf } from "./cluster_address.ts";
import { CLUSTER_SERVERS_FLAG, ENV_FLAG } from "./job_flags.ts";
import { prepareJob, SubmitError, submitJob, type SubmitOptions, usesTopics, WARNINGS_ONLY } from "./submit.ts";

const POLL_MS = 500;
/** A JobManager that was killed is away for a while, and then takes a while to find its jobs. */
const AWAY_MS = 60_000;

const COMMAND_LINE: CommandLine = {
  command: "deno task flink run",
  describe: `Runs a job of this project on a Flink cluster: the file as it is. Behind -- stand the job's own flags:

  deno task flink run src/s20_manage_state.ts --parallelism 2 -- --from earliest

The cluster is that of FLINK_REST, by default http://localhost:8091; the topics are those of BOOTSTRAP_SERVERS.
What the job uses and a cluster cannot run is named, and nothing is submitted. Ctrl-C ends this command, not the job.`,
  positionals: ["FILE"],
};

const FLAGS = {
  parallelism: { value: "N", default: "1", parse: wholeNumber({ min: 1 }), help: "subtasks of each stage" },
  order: {
    value: ORDERS.join("|"),
    default: "topics",
    parse: orderOf,
    help:
      "what is brought into the order of time: what is written to topics, also what keyed operators get, or nothing",
  },
  detached: { short: "d", help: "end when the job is submitted; else wait for its end, and report why it failed" },
  savepointPath: { name: "from-savepoint", value: "PATH", help: "go on from a savepoint or checkpoint" },
  state: {
    value: "FILE",
    help: 'go on from a commit that the job had at home, as "deno task state JOB export FILE" writes it',
  },
  allowNonRestoredState: {
    name: "allow-non-restored-state",
    help: "drop what the savepoint holds of operators that the job no longer has, instead of failing",
  },
  env: ENV_FLAG,
  clusterServers: CLUSTER_SERVERS_FLAG,
  answerWithinMs: {
    name: "answer-within",
    value: "DURATION",
    default: "60s",
    parse: parsePositiveDuration,
    help: "a worker that takes longer for one batch counts as hanging and is replaced",
  },
} as const;

function orderOf(text: string): Order {
  const order = ORDERS.find((each) => each === text);
  if (order !== undefined) return order;
  throw new RangeError(`"${text}" is no order, take ${ORDERS.join(", ")}`);
}

/** @throws {UsageError} for arguments that make no sense @throws {SubmitError} if the job cannot be submitted, or fails */
export async function run(args: readonly string[], signal: AbortSignal): Promise<void> {
  const split = args.indexOf("--");
  const own = split < 0 ? args : args.slice(0, split);
  const flags = parseFlags(own, FLAGS, COMMAND_LINE);
  const options: SubmitOptions = {
    file: flags._[0]!,
    arguments: split < 0 ? [] : args.slice(split + 1),
    parallelism: flags.parallelism,
    order: flags.order,
    root: fileURLToPath(ROOT).replace(/\/$/, ""),
    environment: Deno.env.toObject(),
    passedOn: flags.env,
    answerWithinMs: flags.answerWithinMs,
    clusterServers: flags.clusterServers,
    savepointPath: flags.savepointPath,
    allowNonRestoredState: flags.allowNonRestoredState,
  };
  if (flags.state !== undefined && flags.savepointPath !== undefined) {
    throw new UsageError("Cannot go on from both --state and --from-savepoint: take one of them");
  }
  const rest = restOf(Deno.env);
  await rest.overview();
  const job = await prepareJob(options);
  await using broker = usesTopics(job.plan)
    ? await openBroker({ settings: brokerSettings(), logger: WARNINGS_ONLY })
    : undefined;
  const state = flags.state === undefined ? undefined : await stateOf(flags.state, job.plan, broker?.port);
  const id = await submitJob(rest, job, { ...options, state }, broker?.port);
  await writeOutput(`${id}\n`);
  writeErrorLine(`${job.plan.jobName}: submitted, see ${rest.address}/#/job/running/${id}`);
  if (!flags.detached) await untilEnd(rest, id, job.plan.jobName, signal);
}

/** A savepoint for the stages of a job, whose positions must lie within the partitions that are here. */
async function stateOf(file: string, plan: FlinkPlan, broker: Broker | undefined): Promise<InitialState> {
  if (broker === undefined) throw new SubmitError(`Cannot take state to "${plan.jobName}": it reads no topic`);
  const { head, entries } = await readSavepointFile(file, Deno.stdin.readable);
  const placed = await placePositions(broker, entries, "keep");
  for (const sentence of placed.words) writeErrorLine(sentence);
  if (head.job !== plan.jobName) {
    writeErrorLine(`The state is that of the job "${head.job}", it is "${plan.jobName}" here`);
  }
  return initialState(plan, placed.entries);
}

/** Resolves when the job has ended well, or the command is to end. @throws {SubmitError} with the job's words if it failed */
async function untilEnd(rest: FlinkRest, id: string, jobName: string, signal: AbortSignal): Promise<void> {
  let lastFailure = 0;
  /** When the cluster first did not know of the job, ms of the monotonic clock. */
  let awaySinceMs: number | undefined;
  while (!signal.aborted) {
    const found = await Promise.all([rest.job(id), rest.failures(id)]).catch((error) => {
      awaySinceMs ??= performance.now();
      if (!(error instanceof FlinkRestError) || performance.now() - awaySinceMs > AWAY_MS) throw error;
    });
    if (found === undefined) {
      await SYSTEM_CLOCK.sleep(POLL_MS, signal);
      continue;
    }
    awaySinceMs = undefined;
    const [{ state }, [failure]] = found;
    const reason = failure === undefined ? "no reason is known" : rootCause(failure.stacktrace);
    if (state === "FAILED") throw new SubmitError(`Job "${jobName}" failed on the cluster: ${reason}`);
    if (isTerminal(state)) return writeErrorLine(`${jobName}: ${state.toLowerCase()}`);
    if (failure !== undefined && failure.timestamp > lastFailure) {
      lastFailure = failure.timestamp;
      writeErrorLine(`${jobName}: starts again from its last checkpoint: ${reason}`);
    }
    await SYSTEM_CLOCK.sleep(POLL_MS, signal);
  }
  writeErrorLine(`${jobName}: goes on without this command; deno task flink status ${id.slice(0, 8)} shows it`);
}
