/**
 * The tools, for a project that has only the package: `deno run -A jsr:@stream-apps/deno/tools topics list`. A project that
 * `deno run -A jsr:@stream-apps/deno/tools new DIR` has made runs them as tasks: `deno task topics list`.
 *
 * - `new DIR` makes a project with a job of its own
 * - `jobs` shows all jobs: what they do, how far they are, what they wait for
 * - `top` shows all running jobs on one screen, live
 * - `dashboard` shows jobs, topics and single records in the browser
 * - `follow` shows what became of a record, step by step
 * - `dev FILE` runs a job while its file is edited
 * - `build FILE` makes one binary or one bundle of a job
 * - `flink` runs jobs on an Apache Flink cluster
 * - `topics` lists, creates, reads and writes topics
 * - `state JOB` looks into a job's last commit, edits it, carries it elsewhere, forgets it
 * - `dead-letters JOB` lists, shows, replays and drops what the job could not process
 *
 * Which broker: BOOTSTRAP_SERVERS, BROKER, BROKER_DIR, as for jobs. `--help` behind each shows more.
 *
 * @module
 */
import { resolve } from "node:path";
import { configOf } from "../inspect/run_flags.ts";
import { HelpRequested, runMain } from "../utils.ts";
import { commandsHere, projectCommands } from "./commands_here.ts";
import { findCommand, isHelp, toolMain } from "./tool.ts";

export type { EditedEntry, EditState } from "./state/edit.ts";

type Main = (signal: AbortSignal) => Promise<void>;

/** Loaded when it is asked for: a tool does not wait for the others. */
const TOOLS: Readonly<Record<string, (args: readonly string[]) => Promise<Main>>> = {
  async new(args) {
    const { newProject } = await import("./new.ts");
    return () => newProject(args);
  },
  async jobs(args) {
    const { jobsCommand } = await import("./jobs.ts");
    return toolMain((rest) => jobsCommand(rest, Deno.stdout.isTerminal()), args);
  },
  async top(args) {
    const { showJobs } = await import("./top.ts");
    return (signal) => showJobs(signal, args);
  },
  async dashboard(args) {
    const { showDashboard } = await import("../dashboard/main.ts");
    return (signal) => showDashboard(signal, args);
  },
  follow: async (args) => toolMain((await import("./follow.ts")).followCommand, args),
  async dev(args) {
    const { dev } = await import("./dev.ts");
    return (signal) => dev(signal, args);
  },
  async build(args) {
    const { buildCommand } = await import("./build.ts");
    return () => buildCommand(args);
  },
  async flink(args) {
    const { flinkCommand } = await import("./flink.ts");
    return (signal) => flinkCommand(signal, args);
  },
  topics: async (args) => toolMain((await import("./topics.ts")).topicsCommand, args),
  state: async (args) => toolMain((await import("./state.ts")).stateCommand, args),
  "dead-letters": async (args) => toolMain((await import("./dead_letters.ts")).deadLettersCommand, args),
};

const HELP = `Usage: deno run -A jsr:@stream-apps/deno/tools TOOL [arguments]

Tools:
  new DIR             makes a project with a job of its own
  jobs                shows all jobs: what they do, how far they are, what they wait for
  top                 shows all running jobs on one screen, live
  dashboard           shows jobs, topics and single records in the browser
  follow              shows what became of a record, step by step
  dev FILE            runs a job while its file is edited
  build FILE          makes one binary or one bundle of a job
  flink               runs jobs on an Apache Flink cluster
  topics              lists, creates, reads and writes topics
  state JOB           looks into a job's last commit, edits it, carries it elsewhere, forgets it
  dead-letters JOB    lists, shows, replays and drops what the job could not process

TOOL --help shows more.`;

async function main(signal: AbortSignal): Promise<void> {
  const [name, ...args] = Deno.args;
  if (isHelp(name)) throw new HelpRequested(HELP);
  try {
    const run = await findCommand(TOOLS, name, "tool")(args);
    await run(signal);
  } catch (error) {
    if (error instanceof Error) error.message = await asTypedHere(error.message);
    throw error;
  }
}

/** Help and errors name tasks, which this project need not have. */
async function asTypedHere(text: string): Promise<string> {
  const config = await configOf(resolve("any"));
  const project = config === undefined ? undefined : await Deno.readTextFile(config).catch(() => undefined);
  return commandsHere(text, Object.keys(TOOLS), projectCommands(project));
}

if (import.meta.main) await runMain(main);
