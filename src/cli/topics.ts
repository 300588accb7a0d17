/**
 * `deno task topics`: shows and changes the topics of the broker that the settings choose.
 *
 * Standard output carries data only. `read` has kcat's flags `-p`, `-o`, `-c`, `-e` and `-J`.
 */
import type { Broker, TopicDescription } from "../connectors/broker.ts";
import { UnknownTopicError } from "../connectors/broker_errors.ts";
import type { CommandLine, Flags } from "../utils.ts";
import {
  formatCount,
  HelpRequested,
  nearest,
  parseFlags,
  REPLICATION_FLAG,
  runMain,
  UsageError,
  wholeNumber,
} from "../utils.ts";
import { checkReadFlags, READ_FLAGS, readTopic } from "./topics/read.ts";
import { WRITE_HELP, writeTopic } from "./topics/write.ts";
import { findCommand, isHelp, type Parsed, type ToolCommand, type ToolIo, toolMain } from "./tool.ts";

/** What a command reads, writes and logs to. */
export type TopicsIo = ToolIo;

/** A command with its parsed arguments, ready to run. */
export type TopicsCommand = ToolCommand<TopicsIo>;

const JSON_FLAG = { json: { short: "J", help: "one JSON object a line" } } as const satisfies Flags;
const CREATE_FLAGS = {
  partitions: { short: "p", value: "N", default: "5", parse: wholeNumber({ min: 1 }), help: "partitions of each" },
  compacted: { help: "keep only the newest record of each key, in time" },
  replicas: REPLICATION_FLAG,
} as const satisfies Flags;

const COMMANDS: Readonly<Record<string, (args: readonly string[]) => TopicsCommand>> = {
  list: command({
    name: "list",
    positionals: [],
    describe: "Names all topics.",
    flags: JSON_FLAG,
    run: listTopics,
  }),
  describe: command({
    name: "describe",
    positionals: ["TOPIC..."],
    describe:
      "Shows the partitions of topics: first offset, end (the next record's offset) and how many lie between. On\n" +
      "Kafka these also count what no reader sees: transaction markers, and records that were not committed.",
    flags: JSON_FLAG,
    run: describeTopics,
  }),
  create: command({
    name: "create",
    positionals: ["TOPIC..."],
    describe: "Creates empty topics.",
    flags: CREATE_FLAGS,
    run: createTopics,
    check: checkNames,
  }),
  delete: command({
    name: "delete",
    positionals: ["TOPIC..."],
    describe: "Deletes topics with all their records.",
    flags: {},
    run: deleteTopics,
  }),
  read: command({
    name: "read",
    positionals: ["TOPIC"],
    describe:
      "Prints committed records as partition, offset, timestamp, key and value, and goes on as new ones come.\n" +
      "Order holds within a partition.",
    flags: READ_FLAGS,
    run: async (broker, flags, io) => {
      const [topic] = await describe(broker, flags._);
      await readTopic(broker, topic!, flags, io);
    },
    check: checkReadFlags,
  }),
  write: command({
    name: "write",
    positionals: ["TOPIC"],
    describe: WRITE_HELP,
    flags: {},
    run: async (broker, flags, io) => {
      const [topic] = await describe(broker, flags._);
      await writeTopic(broker, topic!, io);
    },
  }),
};

const HELP = `Usage: deno task topics COMMAND [flags]

Commands:
  list                 all topics
  describe TOPIC...    their partitions and offsets
  create TOPIC...      empty topics
  delete TOPIC...      away with topics and their records
  read TOPIC           prints records
  write TOPIC          sends JSON lines from standard input as records

deno task topics COMMAND --help shows more. Which broker: BOOTSTRAP_SERVERS, BROKER, BROKER_DIR.`;

/**
 * Parses the arguments into a command.
 * @throws {UsageError} if they are wrong
 * @throws {HelpRequested} for `--help`
 */
export function topicsCommand(args: readonly string[]): TopicsCommand {
  const [name, ...rest] = args;
  if (isHelp(name)) throw new HelpRequested(HELP);
  return findCommand(COMMANDS, name)(rest);
}

interface CommandSpec<F extends Flags> {
  readonly name: string;
  readonly positionals: readonly string[];
  readonly describe: string;
  readonly flags: F;
  readonly run: (broker: Broker, flags: Parsed<F>, io: TopicsIo) => Promise<void>;
  /** Throws a `UsageError` for flags that make no sense. */
  readonly check?: (flags: Parsed<F>) => void;
}

function command<const F extends Flags>(spec: CommandSpec<F>): (args: readonly string[]) => TopicsCommand {
  const { name, positionals, describe, flags, run, check } = spec;
  const commandLine: CommandLine = { command: `deno task topics ${name}`, positionals, describe };
  return (args) => {
    const values = parseFlags(args, flags, commandLine);
    check?.(values);
    return (broker, io) => run(broker, values, io);
  };
}

async function listTopics(broker: Broker, { json }: { json: boolean }, io: TopicsIo): Promise<void> {
  const topics = await broker.describeTopics(await broker.listTopics());
  const width = Math.max(0, ...topics.map((topic) => topic.name.length));
  const lines = topics.map((topic) => {
    const { name, partitions, count } = summary(topic);
    if (json) return JSON.stringify({ name, partitions, count });
    return `${name.padEnd(width)}  ${partitions} partition${partitions === 1 ? " " : "s"}  ${
      formatCount(count)
    } records`;
  });
  if (lines.length === 0) io.logger.info('No topics yet: "deno task gen --create" creates some');
  else await io.write(`${lines.join("\n")}\n`);
}

async function describeTopics(broker: Broker, flags: Parsed<typeof JSON_FLAG>, io: TopicsIo): Promise<void> {
  for (const topic of await describe(broker, flags._)) {
    const { name, partitions, count } = summary(topic);
    const rows = topic.endOffsets.map((end, partition) => {
      const start = topic.startOffsets[partition] ?? 0;
      return { partition, start, end, count: end - start };
    });
    if (flags.json) {
      await io.write(rows.map((row) => `${JSON.stringify({ topic: name, ...row })}\n`).join(""));
      continue;
    }
    const cells = [["partition", "start", "end", "count"], ...rows.map((row) => Object.values(row).map(String))];
    const widths = [0, 1, 2, 3].map((column) => Math.max(...cells.map((row) => row[column]!.length)));
    const table = cells.map((row) => `  ${row.map((cell, column) => cell.padStart(widths[column]!)).join("  ")}\n`);
    await io.write(`${name}: ${partitions} partitions, ${formatCount(count)} records\n${table.join("")}`);
  }
}

async function createTopics(broker: Broker, flags: Parsed<typeof CREATE_FLAGS>, io: TopicsIo): Promise<void> {
  const { _: names, partitions, compacted, replicas } = flags;
  await broker.createTopics(names.map((name) => ({ name, partitions, compacted, replicas })));
  for (const name of names) io.logger.info(`Created ${name}, partitions: ${partitions}`);
}

/** Checks names by Kafka's rule, which holds for the embedded log too. */
function checkNames({ _: names }: { readonly _: readonly string[] }): void {
  for (const name of names) {
    if (/^[\w.-]{1,249}$/.test(name) && name !== "." && name !== "..") continue;
    throw new UsageError(`Cannot create topic "${name}": a name has up to 249 letters, digits, dots, _ and -`);
  }
}

async function deleteTopics(broker: Broker, flags: { _: readonly string[] }, io: TopicsIo): Promise<void> {
  const names = [...new Set(flags._)];
  await describe(broker, names);
  const jobs = await broker.jobsReading(names);
  await broker.deleteTopics(names);
  for (const name of names) io.logger.info(`Deleted ${name}`);
  for (const { job } of jobs) {
    io.logger.warn(`${job} has a commit that points into what was deleted: start it with --reset`);
  }
}

/** Descriptions of topics. @throws {UnknownTopicError} with similar names, if one does not exist */
async function describe(broker: Broker, names: readonly string[]): Promise<TopicDescription[]> {
  try {
    return await broker.describeTopics(names);
  } catch (error) {
    if (!(error instanceof UnknownTopicError)) throw error;
    const existing = await broker.listTopics();
    const sentences = error.topics.map((name) => `Topic "${name}" does not exist: ${hint(name, existing)}`);
    throw new UnknownTopicError(error.topics, sentences.join("; "), { cause: error.cause });
  }
}

function hint(name: string, existing: readonly string[]): string {
  const near = nearest(name, existing).slice(0, 3);
  if (near.length > 0) return `did you mean ${near.map((each) => `"${each}"`).join(" or ")}?`;
  if (existing.length === 0) return 'there are none yet, "deno task gen --create" creates some';
  return `"deno task topics list" names those that do`;
}

function summary(topic: TopicDescription): { name: string; partitions: number; count: number } {
  const count = topic.endOffsets.reduce((sum, end, partition) => sum + end - (topic.startOffsets[partition] ?? 0), 0);
  return { name: topic.name, partitions: topic.endOffsets.length, count };
}

if (import.meta.main) await runMain(toolMain(topicsCommand));
