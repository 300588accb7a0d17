/**
 * `deno task dead-letters JOB …`: lists, shows, replays and drops the records that a job could not process.
 *
 * A dead letter's id is its offset in `<job>.dead-letters`. Nothing is ever deleted there: replaying and dropping add a record
 * that says which dead letters are no longer open. Standard output carries data only.
 */
import { type Broker, deadLetterTopic } from "../connectors/broker.ts";
import { BrokerError } from "../connectors/broker_errors.ts";
import type { Flags } from "../utils.ts";
import { formatCount, parseFlags, runMain, UsageError } from "../utils.ts";
import { deadLetterRecords, readDeadLetters } from "./dead_letters/dead_letters.ts";
import { dropDeadLetters, replayDeadLetters, type ResolveOptions } from "./dead_letters/resolve.ts";
import { FILTER_FLAGS, type Filters, parseIds, selectDeadLetters } from "./dead_letters/selection.ts";
import { deadLetterJson, deadLetterText, listJson, listText } from "./dead_letters/show.ts";
import {
  findJobCommand,
  jobCommand,
  type JobCommandSpec,
  type Parsed,
  type ToolCommand,
  type ToolIo,
  toolMain,
} from "./tool.ts";

/** What a command reads, writes and logs to. */
export type DeadLettersIo = Omit<ToolIo, "stdin" | "isStdinTerminal">;

/** A command with its parsed arguments, ready to run. */
export type DeadLettersCommand = ToolCommand<DeadLettersIo>;

const LIST_FLAGS = {
  ...FILTER_FLAGS,
  all: { short: "a", help: "also those that were replayed or dropped" },
  json: { short: "J", help: "one JSON object a line, with the first 200 bytes of each value" },
} as const satisfies Flags;
const SHOW_FLAGS = { json: { short: "J", help: "as a JSON object" } } as const satisfies Flags;
const RESOLVE_FLAGS = {
  ...FILTER_FLAGS,
  dryRun: { name: "dry-run", help: "only show what would happen" },
  yes: { short: "y", help: "do it; without it this only shows what would happen, and fails" },
} as const satisfies Flags;
const REPLAY_FLAGS = {
  ...RESOLVE_FLAGS,
  force: { help: "also late records, which will be late again, and dead letters that were replayed or dropped before" },
} as const satisfies Flags;

const COMMANDS: Readonly<Record<string, (job: string, args: readonly string[]) => DeadLettersCommand>> = {
  list: command({
    name: "list",
    positionals: [],
    describe:
      "Lists the open dead letters, one a line: id, time, operator, class of the error, where the record came from (topic,\n" +
      'partition @ offset), message, beginning of its value. "again (2)": it has been replayed twice.',
    flags: LIST_FLAGS,
    run: listDeadLetters,
  }),
  show: command({
    name: "show",
    positionals: ["ID"],
    describe: "Shows a dead letter with its headers and value.",
    flags: SHOW_FLAGS,
    run: showDeadLetter,
    check: (flags) => {
      parseIds(flags._, NO_FILTERS);
    },
  }),
  replay: command({
    name: "replay",
    positionals: ["[ID...]"],
    describe:
      "Writes the records of dead letters unchanged to the topics and partitions that they came from, for the job to process\n" +
      "again: all open dead letters, those with the ids (3, or 3-7), or those that the filters leave. A record and the mark\n" +
      "that its dead letter was replayed are one transaction. A record that fails again becomes a new dead letter. Note that\n" +
      "other jobs which read the topic get the records again too.",
    flags: REPLAY_FLAGS,
    run: (broker, job, flags, io) => replayDeadLetters(broker, job, resolveOptions(flags, io)),
    check: checkIds,
  }),
  drop: command({
    name: "drop",
    positionals: ["[ID...]"],
    describe:
      "Marks dead letters as dropped: all open ones, those with the ids (3, or 3-7), or those that the filters leave. Lists\n" +
      "hide them then; nothing is deleted from the topic.",
    flags: RESOLVE_FLAGS,
    run: (broker, job, flags, io) => dropDeadLetters(broker, job, resolveOptions({ ...flags, force: false }, io)),
    check: checkIds,
  }),
};

const NO_FILTERS = parseFlags([], FILTER_FLAGS, { command: "" });

function command<const F extends Flags>(
  spec: JobCommandSpec<F, DeadLettersIo>,
): (job: string, args: readonly string[]) => DeadLettersCommand {
  return jobCommand("dead-letters", spec);
}

const HELP = `Usage: deno task dead-letters JOB COMMAND [flags]

Commands:
  list             lists the open dead letters
  show ID          shows one with its headers and value
  replay [ID...]   writes their records back to where they came from
  drop [ID...]     marks them as dropped

deno task dead-letters JOB COMMAND --help shows more. Which broker: BOOTSTRAP_SERVERS, BROKER, BROKER_DIR.`;

/**
 * Parses the arguments into a command.
 * @throws {UsageError} if they are wrong
 * @throws {HelpRequested} for `--help`
 */
export function deadLettersCommand(args: readonly string[]): DeadLettersCommand {
  return findJobCommand({ name: "dead-letters", help: HELP, commands: COMMANDS }, args);
}

function checkIds(
  flags: Filters & { readonly _: readonly string[]; readonly yes: boolean; readonly dryRun: boolean },
): void {
  parseIds(flags._, flags);
  if (flags.yes && flags.dryRun) throw new UsageError("Cannot use --yes together with --dry-run: choose one");
}

async function listDeadLetters(
  broker: Broker,
  job: string,
  flags: Parsed<typeof LIST_FLAGS>,
  io: DeadLettersIo,
): Promise<void> {
  const found = await readDeadLetters(broker, job, io.signal);
  const letters = selectDeadLetters(found, flags, { all: flags.all });
  await io.write(flags.json ? listJson(letters, found.resolved) : listText(letters, found.resolved));
  const done = found.letters.filter(({ id }) => found.resolved.has(id)).length;
  const hidden = done === 0 || flags.all ? "" : `; ${formatCount(done)} replayed or dropped, which --all shows`;
  const open = found.letters.length - done;
  io.logger.info(
    found.letters.length === 0
      ? `${job} has no dead letters`
      : `${formatCount(letters.length)} shown, ${formatCount(open)} open in ${deadLetterTopic(job)}${hidden}`,
  );
}

async function showDeadLetter(
  broker: Broker,
  job: string,
  { _: [id], json }: Parsed<typeof SHOW_FLAGS>,
  io: DeadLettersIo,
): Promise<void> {
  const { letters, resolved } = await readDeadLetters(broker, job, io.signal);
  const [letter] = selectDeadLetters({ letters, resolved }, NO_FILTERS, { ids: [id!], all: true });
  if (letter === undefined) throw new BrokerError(`There is no dead letter ${id} of ${job}`);
  for await (const record of deadLetterRecords(broker, job, [letter.id], io.signal)) {
    await io.write(json ? deadLetterJson(record, resolved) : deadLetterText(job, record, resolved.get(letter.id)));
  }
}

function resolveOptions(flags: Parsed<typeof REPLAY_FLAGS>, io: DeadLettersIo): ResolveOptions {
  const { _: ids, force, yes, dryRun } = flags;
  const { logger, now, signal } = io;
  const select: ResolveOptions["select"] = (letters) => selectDeadLetters(letters, flags, { ids, all: false });
  return { select, force, yes, dryRun, logger, now, signal };
}

if (import.meta.main) await runMain(toolMain(deadLettersCommand));
