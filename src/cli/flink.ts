/**
 * Jobs on an Apache Flink cluster, and a cluster on this machine to try them on: `deno task flink up`.
 *
 * The first `up` fetches Flink from Maven Central into `.flink/`. The cluster is a ZooKeeper, a JobManager and two
 * TaskManagers; it goes on in the background until `deno task flink down`. docs/scaling.md says what runs there.
 */
import type { CommandLine } from "../utils.ts";
import { HelpRequested, parseFlags, runMain, writeErrorLine, writeOutput } from "../utils.ts";
import { DEFAULT_PORT, startCluster, stopCluster } from "./flink/cluster.ts";
import { exportState } from "./flink/export.ts";
import { FLINK_VERSION } from "./flink/fetch.ts";
import { cancel, list, savepoint, stop } from "./flink/jobs.ts";
import { logs } from "./flink/logs.ts";
import { rescale } from "./flink/rescale.ts";
import { run } from "./flink/run.ts";
import { status } from "./flink/status.ts";
import { findCommand, isHelp } from "./tool.ts";

const HELP = `Jobs on an Apache Flink cluster, and a cluster on this machine.

Usage: deno task flink COMMAND

  run FILE         run a job on the cluster
  list             the jobs of the cluster
  status JOB       what a job does, what it waits for, and why it last started again
  logs JOB         what its workers have printed and logged
  cancel JOB       end a job
  savepoint JOB    keep a job's state, for "run --from-savepoint"
  stop JOB         end a job with a savepoint
  export FILE ...  a savepoint as a file, for a job that goes on at home
  rescale JOB N    stop a job, and go on with N subtasks of each stage
  up               start Flink ${FLINK_VERSION} on this machine, or what is not running of it; needs Java 17 and, the first time, Maven
  down             end it; jobs that run there end too

COMMAND --help shows more.`;

/** What a command does with its arguments. */
type Command = (args: readonly string[], signal: AbortSignal) => Promise<void>;

const COMMANDS: Readonly<Record<string, Command>> = {
  run,
  list,
  status,
  logs,
  cancel,
  savepoint,
  stop,
  export: exportState,
  rescale,
  up,
  down,
};

async function up(args: readonly string[]): Promise<void> {
  const commandLine: CommandLine = {
    command: "deno task flink up",
    describe:
      `Starts a Flink ${FLINK_VERSION} cluster on this machine: a JobManager, two TaskManagers with two slots each, and a\n` +
      "ZooKeeper that keeps jobs over a crash of the JobManager. What is running already is left as it is.",
  };
  const { port } = parseFlags(args, {
    port: {
      value: "N",
      default: String(DEFAULT_PORT),
      parse: portOf,
      help: "where the dashboard and the REST interface listen",
    },
  }, commandLine);
  const cluster = await startCluster({ port, log: writeErrorLine });
  await writeOutput(`${cluster.address}\n`);
}

async function down(args: readonly string[]): Promise<void> {
  parseFlags(args, {}, {
    command: "deno task flink down",
    describe: "Ends the cluster on this machine. Savepoints stay, in .flink/cluster/savepoints.",
  });
  const stopped = await stopCluster();
  writeErrorLine(stopped.length === 0 ? "no cluster is running here" : `stopped ${stopped.join(", ")}`);
}

function portOf(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new RangeError(`"${text}" is not a port, 1 to 65535`);
}

/** Runs a command. @throws {UsageError} if there is no such command @throws {HelpRequested} for `--help`, and without a command */
export async function flinkCommand(signal: AbortSignal, args: readonly string[]): Promise<void> {
  const [name, ...rest] = args[0] === "--" ? args.slice(1) : args;
  if (name === undefined || isHelp(name)) throw new HelpRequested(HELP);
  await findCommand(COMMANDS, name)(rest, signal);
}

if (import.meta.main) await runMain((signal) => flinkCommand(signal, Deno.args));
