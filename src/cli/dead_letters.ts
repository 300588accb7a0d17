/**
 * `deno task dead-letters JOB …`: the records that a job could not process, and what to do with them.
 *
 * A letter's id is its offset in `<job>.dead-letters`. Nothing is ever deleted there: replaying and dropping add a record
 * that says which letters are open no longer. Standard output carries data only.
 */
import { type Broker, deadLetterTopic } from "../connectors/broker.ts";
import { BrokerError } from "../connectors/broker_errors.ts";
import type { Flags } from "../utils.ts";
import { formatCount, parseFlags, runMain, UsageError } from "../utils.ts";
import { letterRecords, readLetters } from "./dead_letters/letters.ts";
import { dropLetters, replayLetters, type ResolveOptions } from "./dead_letters/resolve.ts";
import { FILTER_FLAGS, type Filters, parseIds, selectLetters } from "./dead_letters/selection.ts";
import { letterJson, letterText, listJson, listText } from "./dead_letters/show.ts";
import { findJobCommand, jobCommand, type Parsed, type ToolCommand, type ToolIo, toolMain } from "./tool.ts";

/** The world around a command. */
export type DeadLettersIo = Omit<ToolIo, "stdin" | "isStdinTerminal">;

/** A command whose arguments have been understood. */
export type DeadLettersCommand = ToolCommand<DeadLettersIo>;

const LIST_FLAGS = {
  ...FILTER_FLAGS,
  all: { short: "a", help: "also those that were replayed or dropped" },
  json: { short: "J", help: "one JSON object a line; of values the first 200 bytes" },
} as const satisfies Flags;
const SHOW_FLAGS = { json: { short: "J", help: "as a JSON object" } } as const satisfies Flags;
const RESOLVE_FLAGS = {
  ...FILTER_FLAGS,
  dryRun: { name: "dry-run", help: "only tell what would happen" },
  yes: { short: "y", help: "do it; without it this only tells what would happen, and fails" },
} as const satisfies Flags;
const REPLAY_FLAGS = {
  ...RESOLVE_FLAGS,
  force: { help: "also late records, which will be late again, and letters that were replayed or dropped before" },
} as const satisfies Flags;

const COMMANDS: Readonly<Record<string, (job: string, args: readonly string[]) => DeadLettersCommand>> = {
  list: command(
    LIST_FLAGS,
    "list",
    [],
    "Shows the open letters, a line each: id, when it died, in which operator, class of the error, where the record came\n" +
      'from (topic, partition @ offset), message, begin of its value. "again (2)": it has been replayed twice.',
    listLetters,
  ),
  show: command(SHOW_FLAGS, "show", ["ID"], "Shows all about a letter, and its value.", showLetter, (flags) => {
    parseIds(flags._, NO_FILTERS);
  }),
  replay: command(
    REPLAY_FLAGS,
    "replay",
    ["[ID...]"],
    "Puts the records of letters back into the topics and partitions that they came from, as they were, for the job to try\n" +
      "again: of all open letters, those of ids (3, or 3-7), or those that the filters leave. Each record goes with the mark\n" +
      "that its letter is replayed in one transaction. What fails again becomes a new letter. Note that other jobs which read\n" +
      "the topic get the records again too.",
    (broker, job, flags, io) => replayLetters(broker, job, resolveOptions(flags, io)),
    checkIds,
  ),
  drop: command(
    RESOLVE_FLAGS,
    "drop",
    ["[ID...]"],
    "Marks letters as dropped: all open ones, those of ids (3, or 3-7), or those that the filters leave. Lists hide them\n" +
      "then; nothing is deleted from the topic.",
    (broker, job, flags, io) => dropLetters(broker, job, resolveOptions({ ...flags, force: false }, io)),
    checkIds,
  ),
};

const NO_FILTERS = parseFlags([], FILTER_FLAGS, { command: "" });

function command<const F extends Flags>(
  flags: F,
  name: string,
  positionals: readonly string[],
  describe: string,
  run: (broker: Broker, job: string, flags: Parsed<F>, io: DeadLettersIo) => Promise<void>,
  check?: (flags: Parsed<F>) => void,
): (job: string, args: readonly string[]) => DeadLettersCommand {
  return jobCommand({ command: `deno task dead-letters JOB ${name}`, positionals, describe }, flags, run, check);
}

const HELP = `Usage: deno task dead-letters JOB COMMAND [flags]

Commands:
  list             the letters that are open
  show ID          all about one
  replay [ID...]   puts their records back where they came from
  drop [ID...]     marks them as done with

deno task dead-letters JOB COMMAND --help tells more. Which broker: BOOTSTRAP_SERVERS, BROKER, BROKER_DIR.`;

/**
 * What the arguments ask for, ready to run.
 * @throws {UsageError} if they make no sense
 * @throws {HelpRequested} for `--help`
 */
export function deadLettersCommand(args: readonly string[]): DeadLettersCommand {
  return findJobCommand("dead-letters", HELP, COMMANDS, args);
}

function checkIds(
  flags: Filters & { readonly _: readonly string[]; readonly yes: boolean; readonly dryRun: boolean },
): void {
  parseIds(flags._, flags);
  if (flags.yes && flags.dryRun) throw new UsageError("Cannot use --yes together with --dry-run: choose one");
}

async function listLetters(
  broker: Broker,
  job: string,
  flags: Parsed<typeof LIST_FLAGS>,
  io: DeadLettersIo,
): Promise<void> {
  const found = await readLetters(broker, job, io.signal);
  const letters = selectLetters(found, flags, { all: flags.all });
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

async function showLetter(
  broker: Broker,
  job: string,
  { _: [id], json }: Parsed<typeof SHOW_FLAGS>,
  io: DeadLettersIo,
): Promise<void> {
  const { letters, resolved } = await readLetters(broker, job, io.signal);
  const [letter] = selectLetters({ letters, resolved }, NO_FILTERS, { ids: [id!], all: true });
  if (letter === undefined) throw new BrokerError(`There is no letter ${id} of ${job}`);
  for await (const record of letterRecords(broker, job, [letter.id], io.signal)) {
    await io.write(json ? letterJson(record, resolved) : letterText(job, record, resolved.get(letter.id)));
  }
}

function resolveOptions(flags: Parsed<typeof REPLAY_FLAGS>, io: DeadLettersIo): ResolveOptions {
  const { _: ids, force, yes, dryRun } = flags;
  const { logger, now, signal } = io;
  const select: ResolveOptions["select"] = (letters) => selectLetters(letters, flags, { ids, all: false });
  return { select, force, yes, dryRun, logger, now, signal };
}

if (import.meta.main) await runMain(toolMain(deadLettersCommand));
