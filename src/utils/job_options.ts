/** The options that every job has. */
import type { DeadLimit, RestartStrategy } from "../engine/mod.ts";
import type { StartupHints } from "../connectors/startup_hints.ts";
import { type Flag, type Flags, type FlagValues, oneOf, parseFlags, wholeNumber } from "./flags.ts";
import { createLogger, type Logger } from "./logging.ts";
import type { Environment } from "./environment.ts";
import { type BrokerSettings, brokerSettings } from "./settings.ts";
import { parseDuration, parsePositiveDuration, parseStart, parseTime } from "./values.ts";

/** `--now`, for a job that compares with the present: a function that gives ms since the Unix epoch. */
export const NOW_FLAG = {
  value: "TIME",
  parse: (text: string): () => number => {
    const ms = parseTime(text);
    return () => ms;
  },
  fallback: Date.now,
  help: "what counts as the present moment (default: the machine's clock)",
} as const satisfies Flag;

/** `--window`, for a job with windows. */
export const WINDOW_FLAG = {
  name: "window",
  value: "DURATION",
  default: "1m",
  parse: parsePositiveDuration,
  help: "length of a window",
} as const satisfies Flag;

/** `--out-of-orderness`, for a job with watermarks. */
export const OUT_OF_ORDERNESS_FLAG = {
  name: "out-of-orderness",
  value: "DURATION",
  default: "0s",
  parse: parseDuration,
  help: "how long a window waits for records that come behind later ones",
} as const satisfies Flag;

/** `--close-idle`, for a job with windows. */
export const CLOSE_IDLE_FLAG = {
  name: "close-idle",
  value: "DURATION",
  parse: parsePositiveDuration,
  fallback: Infinity,
  help:
    "after so long without any record event time goes on with the clock, so that open windows close (default: never)",
} as const satisfies Flag;

/** `--sample`, for a lesson that can feed itself. */
export const SAMPLE_FLAG = {
  help: "work on a few fixed records, print what comes of them and end: no broker, no topic, no commit",
} as const satisfies Flag;

/** `--replication`, for programs that create topics. */
export const REPLICATION_FLAG = {
  name: "replication",
  value: "N",
  parse: wholeNumber({ min: 1, max: 32_767 }),
  help: "copies of each topic that is created (default: as the broker is set)",
} as const satisfies Flag;

const JOB_FLAGS = {
  from: {
    value: "earliest|latest|TIME",
    default: "latest",
    parse: parseStart,
    help: "where the job begins if it has no commit yet; else it goes on from its commit",
  },
  reset: { help: "forget the job's commit first: positions, state, timers, watermarks" },
  allowNonRestoredState: {
    name: "allow-non-restored-state",
    help: "drop what the commit holds of operators that the job no longer has, instead of refusing to start",
  },
  drain: { help: "when it is stopped, let every window fire first; else they wait for the next run" },
  bounded: { help: "stop at what is the end of the topics now; every window fires" },
  idleMs: {
    name: "idle",
    value: "DURATION",
    default: "60s",
    parse: parseDuration,
    help: "after so long without a record a partition no longer holds back the others' time; 0s: never",
  },
  maxAheadMs: {
    name: "max-ahead",
    value: "DURATION|any",
    default: "1h",
    parse: (text: string): number => text === "any" ? Infinity : parsePositiveDuration(text),
    help: "a record whose time is further ahead of the clock moves no event time; a bounded run takes any",
  },
  delivery: {
    value: "exactly-once|at-least-once",
    parse: oneOf("exactly-once", "at-least-once"),
    help: "what a crash may do to results: nothing, or repeat some (default: exactly-once wherever the output can)",
  },
  commitIntervalMs: {
    name: "commit-interval",
    value: "DURATION",
    default: "1s",
    parse: parsePositiveDuration,
    help: "time between two commits; results become visible with a commit",
  },
  sessionTimeoutMs: {
    name: "session-timeout",
    value: "DURATION",
    default: "10s",
    parse: parsePositiveDuration,
    help: "after so long without a sign of life another process takes the job over",
  },
  onError: {
    name: "on-error",
    value: "dead-letter|skip|fail",
    parse: oneOf("dead-letter", "skip", "fail"),
    help: "what becomes of a record that cannot be decoded or at which a function throws (default: dead-letter)",
  },
  onWindowError: {
    name: "on-window-error",
    value: "fail|dead-letter",
    parse: oneOf("fail", "dead-letter"),
    help: "what becomes of a window or timer at which a function throws (default: fail)",
  },
  maxDead: {
    name: "max-dead",
    value: "PERCENT%|COUNT/min|never",
    default: "50%",
    parse: parseDeadLimit,
    help: "a larger share of the last 1,000 records (100 at least), or more within a minute, that are bad end the job",
  },
  restartStrategy: {
    name: "restart",
    value: "none|COUNT|forever",
    parse: parseRestart,
    help:
      "after a failure that has no record to blame: none, so many times 10 s apart, or after growing pauses (default: none)",
  },
  replicas: {
    ...REPLICATION_FLAG,
    help: "copies of the job's own topics when they are created (default: 3, or all brokers if they are fewer)",
  },
  compression: {
    value: "none|gzip|snappy|lz4|zstd",
    parse: oneOf("none", "gzip", "snappy", "lz4", "zstd"),
    help: "how what it writes into topics is compressed at a Kafka (default: none)",
  },
  print: { help: "print every result to standard output, whatever else becomes of it" },
} as const satisfies Flags;

function parseDeadLimit(text: string): DeadLimit {
  if (text === "never") return { share: 1 };
  const [, count, unit] = /^(\d+)(%|\/min)$/.exec(text) ?? [];
  if (count === undefined) throw new SyntaxError(`"${text}" is not a limit such as 50%, 100/min or never`);
  if (unit === "%") return { share: wholeNumber({ min: 1, max: 100 })(count) / 100 };
  return { share: 1, perMinute: wholeNumber({ min: 1 })(count) };
}

function parseRestart(text: string): RestartStrategy {
  if (text === "none") return { type: "none" };
  if (text === "forever") return { type: "exponential-delay" };
  return { type: "fixed-delay", attempts: wholeNumber({ min: 1 })(text), delayMs: 10_000 };
}

/** What the command line and the environment say about a job. */
export type JobOptions<F extends Flags = Record<never, Flag>> =
  & FlagValues<typeof JOB_FLAGS>
  & FlagValues<F>
  & {
    readonly jobName: string;
    readonly logger: Logger;
    readonly settings: BrokerSettings;
    readonly startupHints?: StartupHints;
  };

/**
 * Reads the options that every job has, and those in `flags` that only this one has.
 *
 * @param options.flags such as `{ now: NOW_FLAG, windowMs: WINDOW_FLAG }`: the property is where the value goes
 * @param options.command how it is started, for the help text: "deno task s16"
 * @param options.describe what the job does, for the help text
 * @param options.fedBy tasks that fill the topics it reads, `["gen", "s16"]`, for hints when nothing arrives
 * @throws {UsageError} naming the flag or variable that cannot be used
 * @throws {HelpRequested} for `--help`
 */
export function jobOptions<const F extends Flags = Record<never, Flag>>(
  jobName: string,
  args: readonly string[],
  options: {
    flags?: F;
    command?: string;
    describe?: string;
    fedBy?: readonly [string, ...string[]];
    env?: Environment;
  } = {},
): JobOptions<F> {
  const { command = jobName, describe = `Runs the job ${jobName}.`, fedBy, env = Deno.env } = options;
  const { _: _none, ...values } = parseFlags(args, { ...options.flags, ...JOB_FLAGS }, { command, describe });
  return {
    ...values,
    jobName,
    logger: createLogger({ env }),
    settings: brokerSettings(env),
    ...(fedBy && { startupHints: hintsFor(fedBy) }),
  } as unknown as JobOptions<F>;
}

/** Hints for lessons, which all have `--sample`. */
function hintsFor(fedBy: readonly string[]): StartupHints {
  const tasks = fedBy.map((task) => `"deno task ${task}"`).join(" and ");
  const feed = `run ${tasks} in ${fedBy.length === 1 ? "another terminal" : "other terminals"}`;
  return {
    whenMissing: 'run "deno task gen --create" in another terminal first, or this lesson with --sample',
    whenIdle: `${feed}, or this lesson with --sample`,
    whenBehindAll: `${feed}; to read what is there, start this lesson with --reset --from earliest`,
  };
}
