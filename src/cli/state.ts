/**
 * `deno task state JOB …`: looks into a job's last commit, edits it, carries it elsewhere, forgets it.
 *
 * Looking needs no right to run the job, so it can be done while the job runs. Standard output carries data only.
 */
import type { Broker } from "../connectors/broker.ts";
import { BrokerError } from "../connectors/broker_errors.ts";
import { CommitEntryError } from "../engine/internal.ts";
import type { Flags } from "../utils.ts";
import { formatCount, parseStart, parseTime, runMain, usable } from "../utils.ts";
import { stateValues } from "../inspect/state_values.ts";
import { importSavepoint, resetJob } from "./state/change.ts";
import { editState } from "./state/edit.ts";
import { setEventTime } from "./state/event_time.ts";
import { readCommit } from "./state/jobs.ts";
import { listCommit } from "./state/list.ts";
import { savepointText } from "./state/savepoint.ts";
import { readSavepointFile, writeSavepointFile } from "./state/savepoint_file.ts";
import {
  findJobCommand,
  jobCommand,
  type JobCommandSpec,
  type Parsed,
  type ToolCommand,
  type ToolIo,
  toolMain,
} from "./tool.ts";

/** The world around a command. */
export type StateIo = Omit<ToolIo, "isStdinTerminal">;

/** A command whose arguments have been understood. */
export type StateCommand = ToolCommand<StateIo>;

const LIST_FLAGS = { json: { short: "J", help: "one JSON object a line" } } as const satisfies Flags;
const GET_FLAGS = {
  namespace: { short: "n", value: "N", help: 'only this namespace, such as the window "1767225600000:1767225660000"' },
} as const satisfies Flags;
const EXPORT_FLAGS = { yes: { short: "y", help: "overwrite FILE if it is there" } } as const satisfies Flags;
const IMPORT_FLAGS = {
  positions: {
    value: "keep|earliest|latest|TIME",
    default: "keep",
    parse: (text: string) => text === "keep" ? text : parseStart(text),
    help: "where the job goes on reading: at the savepoint's offsets, or there in every partition",
  },
  yes: { short: "y", help: "replace the commit that the job has" },
} as const satisfies Flags;
const EDIT_FLAGS = {
  write: { short: "w", help: "do it; without it this only shows what would change" },
} as const satisfies Flags;
const RESET_FLAGS = {
  yes: { short: "y", help: "do it; without it this only shows what would go" },
} as const satisfies Flags;

const COMMANDS: Readonly<Record<string, (job: string, args: readonly string[]) => StateCommand>> = {
  list: command({
    name: "list",
    positionals: [],
    describe:
      "Shows what the job's last commit holds: states of its operators (keys counts what has a value of its own, so a key in\n" +
      "two windows counts twice), timers, how far each partition has been read and how much is left, event time.",
    flags: LIST_FLAGS,
    run: async (broker, job, { json }, io) => await io.write(await listCommit(broker, job, { json, nowMs: io.now() })),
  }),
  get: command({
    name: "get",
    positionals: ["OPERATOR", "STATE", "[KEY]"],
    describe:
      "Prints a state as JSON lines {namespace, key, value}. KEY is the key's text or JSON; what belongs to no window has\n" +
      'namespace "". A map\'s value is a list of its [key, value]. "list" names operators and states.',
    flags: GET_FLAGS,
    run: async (broker, job, { _: [operator, state, key], namespace }, io) => {
      const entries = await readCommit(broker, job);
      let text = "";
      let found = 0;
      for (const value of stateValues(job, entries, { operator: operator!, state: state!, key, namespace })) {
        text += `${JSON.stringify(value)}\n`;
        if (++found % 1_000 !== 0) continue;
        await io.write(text);
        text = "";
      }
      await io.write(text);
      if (found === 0) io.logger.info(key === undefined ? "It is empty" : `It has nothing for the key ${key}`);
    },
  }),
  export: command({
    name: "export",
    positionals: ["[FILE]"],
    describe: "Writes the job's last commit into FILE (or to standard output) as JSON lines, a savepoint for import.",
    flags: EXPORT_FLAGS,
    run: exportJob,
  }),
  import: command({
    name: "import",
    positionals: ["FILE"],
    describe:
      "Makes the savepoint in FILE (-: standard input) the commit of JOB, at this broker: start the job to go on from there.\n" +
      "Positions are offsets of topics. They are kept only if each lies within its partition here; that the same record lies\n" +
      "there cannot be checked, so where topics were not copied choose other --positions.",
    flags: IMPORT_FLAGS,
    run: importJob,
  }),
  edit: command({
    name: "edit",
    positionals: ["SCRIPT"],
    describe:
      "Edits values of the job's states with a script, a module whose default export is called with each entry:\n" +
      '  export default (entry) => entry.key === "eva" ? undefined : { ...entry, value: entry.value + 1 };\n' +
      "An entry has operator, state, namespace, key, mapKey and value. What is returned as it was stays, undefined removes the\n" +
      "entry. Each change is printed as a JSON line {operator, state, namespace, key, was, is}. Timers and positions stay.",
    flags: EDIT_FLAGS,
    run: (broker, job, { _: [script], write }, { write: print, logger, signal }) =>
      editState(broker, job, { script: script!, write, print, logger, signal }),
  }),
  "set-event-time": command({
    name: "set-event-time",
    positionals: ["TIME"],
    describe:
      "Sets the job's event time back to TIME wherever it stands later, as after a record with a wrong time that took it years\n" +
      "ahead. State, positions and timers stay; a window that was closed since opens again for what comes for it now.",
    flags: {},
    run: (broker, job, { _: [time] }, { logger, signal }) =>
      setEventTime(broker, job, { timeMs: usable("TIME", () => parseTime(time!)), logger, signal }),
    check: ({ _: [time] }) => void usable("TIME", () => parseTime(time!)),
  }),
  reset: command({
    name: "reset",
    positionals: [],
    describe:
      "Forgets the job's last commit: state, timers, event time and positions. Its results and dead letters stay.",
    flags: RESET_FLAGS,
    run: (broker, job, { yes }, { logger, signal }) => resetJob(broker, job, { yes, logger, signal }),
  }),
};

function command<const F extends Flags>(
  spec: JobCommandSpec<F, StateIo>,
): (job: string, args: readonly string[]) => StateCommand {
  const run: typeof spec.run = async (broker, job, flags, io) => {
    try {
      await spec.run(broker, job, flags, io);
    } catch (error) {
      if (!(error instanceof CommitEntryError)) throw error;
      throw new BrokerError(
        `Cannot ${spec.name} "${job}": ${error.message}; import a savepoint, or forget the commit with reset`,
      );
    }
  };
  return jobCommand("state", { ...spec, run });
}

const HELP = `Usage: deno task state JOB COMMAND [flags]

Commands:
  list                        states, timers, positions and event time of the job's last commit
  get OPERATOR STATE [KEY]    values of a state as JSON lines
  export [FILE]               the commit as a file (a savepoint)
  import FILE                 makes such a file the job's commit, here or at another broker
  edit SCRIPT                 edits values of its states with a script
  set-event-time TIME         sets event time back, after a record with a time that was wrong
  reset                       forgets the commit

deno task state JOB COMMAND --help shows more. Which broker: BOOTSTRAP_SERVERS, BROKER, BROKER_DIR.`;

/**
 * What the arguments ask for, ready to run.
 * @throws {UsageError} if they make no sense
 * @throws {HelpRequested} for `--help`
 */
export function stateCommand(args: readonly string[]): StateCommand {
  return findJobCommand({ name: "state", help: HELP, commands: COMMANDS }, args);
}

async function exportJob(broker: Broker, job: string, flags: Parsed<typeof EXPORT_FLAGS>, io: StateIo): Promise<void> {
  const [file = "-"] = flags._;
  const entries = await readCommit(broker, job);
  const head = { job, exportedAt: new Date(io.now()).toISOString(), from: broker.kind };
  if (file === "-") {
    for (const text of savepointText(entries, head)) await io.write(text);
    return;
  }
  await writeSavepointFile(file, savepointText(entries, head), { overwrite: flags.yes, signal: io.signal });
  io.logger.info(`Exported ${formatCount(entries.size)} entries of ${job} to ${file}`);
}

async function importJob(broker: Broker, job: string, flags: Parsed<typeof IMPORT_FLAGS>, io: StateIo): Promise<void> {
  const [file] = flags._ as [string];
  const savepoint = await readSavepointFile(file, io.stdin);
  const { logger, signal } = io;
  await importSavepoint(broker, job, savepoint, { positions: flags.positions, yes: flags.yes, logger, signal });
}

if (import.meta.main) await runMain(toolMain(stateCommand));
