/**
 * `deno task follow TOPIC PARTITION OFFSET` or `TOPIC --key KEY`: what became of a record, step by step, from job to job.
 *
 * It runs the jobs' own graphs again, in memory, up to the record and what comes of it: nothing is written, and jobs that run are
 * left alone. What is said to have been sent is looked up in the topics. With `--live` the jobs that run report the steps themselves.
 * Standard output carries data only.
 */
import type { Broker } from "../connectors/broker.ts";
import { type CommandLine, type Flags, parseFlags, parseTime, runMain, UsageError, wholeNumber } from "../utils.ts";
import { type DescribedFile, describeFiles, followChain, type JobTrace } from "../inspect/follow/follow_chain.ts";
import { placesOfKey, recordAt } from "../inspect/follow/find_record.ts";
import type { JobFile } from "../inspect/follow/job_process.ts";
import { jobFilesFor, takeJobs } from "../inspect/follow/known_jobs.ts";
import type { FollowedRecords } from "../inspect/follow/live.ts";
import type { Place } from "../inspect/follow/protocol.ts";
import { followLive } from "./follow/live.ts";
import { painter, traceText } from "./follow/show.ts";
import { type ToolCommand, type ToolIo, toolMain } from "./tool.ts";

const FLAGS = {
  key: {
    short: "k",
    value: "KEY",
    help: "the records of this key: its text, its JSON, or the text of one of its fields",
  },
  last: { value: "N", default: "1", parse: wholeNumber({ min: 1 }), help: "with --key: the last N records of it" },
  from: {
    value: "TIME",
    parse: parseTime,
    help: "begin at this time instead of the beginning of the topics: faster, but state of before is missing",
  },
  wait: {
    short: "w",
    help: "go on with the records that come, until nothing more can come of this one; Ctrl-C ends it",
  },
  live: {
    short: "l",
    help:
      "each step as the running jobs take it: with --key the records of that key that come from now on; Ctrl-C ends it",
  },
  json: { short: "J", help: "one JSON object a line: each step, and what was found where it was sent" },
  job: {
    value: "FILE",
    help:
      'a job to follow through, once for each: --job "src/my_job.ts --window 10s" (default: s16 and s20, or the two of the demo)',
  },
} as const satisfies Flags;

const COMMAND_LINE: CommandLine = {
  command: "deno task follow",
  positionals: ["TOPIC", "[PARTITION]", "[OFFSET]"],
  describe:
    "Shows what became of a record: each step that it took, in each job, with its values. The jobs' own graphs run again\n" +
    "for that, in memory: nothing is written, and jobs that run are left alone. Asynchronous functions are called again.\n" +
    "With --live the jobs that run report the steps themselves.",
};

/** What is asked for. */
interface FollowOptions {
  readonly topic: string;
  readonly which: { readonly partition: number; readonly offset: number } | {
    readonly key: string;
    readonly last: number;
  };
  readonly fromMs: number | undefined;
  readonly wait: boolean;
  readonly live: boolean;
  readonly json: boolean;
  readonly jobs: readonly JobFile[];
}

/**
 * Understands a command line.
 * @throws {UsageError} if it does not say which record
 * @throws {HelpRequested} for `--help`
 */
function parseFollow(args: readonly string[]): FollowOptions {
  const { jobs, rest } = takeJobs(args);
  const { _: [topic, partition, offset], key, last, from, wait, live, json } = parseFlags(rest, FLAGS, COMMAND_LINE);
  const refused = !live
    ? undefined
    : wait
    ? "--wait"
    : from !== undefined
    ? "--from"
    : jobs.length > 0
    ? "--job"
    : undefined;
  if (refused !== undefined) {
    throw new UsageError(`Cannot use --live with ${refused}: the jobs that run report what they do from now on`);
  }
  const common = { topic: topic!, fromMs: from, wait, live, json, jobs: live ? [] : jobFilesFor(topic!, jobs) };
  if (key !== undefined) {
    if (partition !== undefined) {
      throw new UsageError("Cannot use --key with a partition: one of the two says which record");
    }
    return { ...common, which: { key, last } };
  }
  if (partition === undefined || offset === undefined) {
    throw new UsageError("Which record? Its PARTITION and OFFSET are missing, or --key KEY; --help shows more");
  }
  const number = wholeNumber({ min: 0 });
  try {
    return { ...common, which: { partition: number(partition), offset: number(offset) } };
  } catch (error) {
    throw new UsageError(`Cannot use PARTITION ${partition} and OFFSET ${offset}: ${(error as Error).message}`);
  }
}

/** What `follow()` writes to. */
interface FollowIo {
  readonly write: (text: string) => Promise<void>;
  /** Whether colours are wanted. */
  readonly colours: boolean;
  /** ms since the Unix epoch */
  readonly now: () => number;
  /** Says to the person what is not data. */
  readonly note: (text: string) => void;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/**
 * Follows records and writes what became of them.
 * @throws {UsageError} if there is no such record, or no job reads its topic
 */
async function follow(broker: Broker, options: FollowOptions, io: FollowIo): Promise<void> {
  const { fromMs, wait, json } = options;
  const { signal, note } = io;
  const paint = painter(io.colours);
  if (options.live) {
    await followLive(broker, await liveRecords(broker, options), { ...io, json, paint });
    return;
  }
  const places = await placesOf(broker, options, io);
  const jobs = await describeFiles(options.jobs, signal);
  checkRead(jobs, options.topic);
  let traces = 0;
  const onWaiting = (job: string, why: string | undefined) => note(`${job}: waits: ${why ?? "nothing is to be seen"}`);
  for await (const trace of followChain(broker, { jobs, places, fromMs, wait, signal, onWaiting })) {
    await io.write(json ? jsonLines(trace) : `${traces++ > 0 ? "\n" : ""}${traceText(trace, paint)}`);
  }
}

/** A key is followed through all jobs; a record only by those that have not read it yet. */
async function liveRecords(broker: Broker, { topic, which }: FollowOptions): Promise<FollowedRecords> {
  if ("key" in which) {
    await broker.describeTopics([topic]);
    return { keys: [which.key] };
  }
  return { places: [{ topic, ...which }] };
}

async function placesOf(broker: Broker, { topic, which }: FollowOptions, { note }: FollowIo): Promise<Place[]> {
  if ("partition" in which) {
    const place = { topic, ...which };
    await recordAt(broker, place);
    return [place];
  }
  const all = await placesOfKey(broker, topic, which.key);
  if (all.length === 0) throw new UsageError(`Cannot follow key ${which.key} of "${topic}": no record there has it`);
  const places = all.slice(-which.last);
  if (all.length > places.length) {
    note(
      `"${topic}" has ${all.length} records of that key; followed: the last ${places.length}; --last N follows more`,
    );
  }
  return places;
}

function checkRead(jobs: readonly DescribedFile[], topic: string): void {
  if (jobs.some(({ reads }) => reads.includes(topic))) return;
  const known = jobs.map(({ file, reads }) => `${file.file} reads ${reads.join(" and ") || "no topic"}`).join(", ");
  throw new UsageError(`Cannot follow a record of "${topic}": no job reads it (${known}); name one with --job FILE`);
}

function jsonLines({ job, file, from, steps, sent, open, why }: JobTrace): string {
  const lines: unknown[] = [{ kind: "job", job, file, from }];
  for (const step of steps) {
    const found = sent.get(step.step);
    lines.push(step.kind === "sent" ? { ...step, found: found ?? null } : step);
  }
  lines.push({ kind: "end", job, open, why });
  return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
}

/**
 * Parses the arguments into the command.
 * @throws {UsageError} if they are wrong
 */
export function followCommand(args: readonly string[]): ToolCommand<ToolIo> {
  const options = parseFollow(args);
  const colours = Deno.stdout.isTerminal() && !Deno.noColor;
  return (broker, { write, logger, now, signal }) =>
    follow(broker, options, { write, colours, now, note: (text) => logger.info(text), signal });
}

if (import.meta.main) await runMain(toolMain(followCommand));
