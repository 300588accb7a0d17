/** The options that every job has. */
import type { StartupHints } from "../connectors/startup_hints.ts";
import { type Flag, type Flags, type FlagValues, oneOf, parseFlags, wholeNumber } from "./flags.ts";
import { createLogger, type Logger } from "./logging.ts";
import { SETTING_FLAGS, type SettingsFromFlags } from "./setting_flags.ts";
import type { Environment } from "./environment.ts";
import { type BrokerSettings, brokerSettings } from "./settings.ts";
import { parseDuration, parsePositiveDuration, parseTime } from "./values.ts";

/** `--now`, for a job that compares with the present: a function that returns ms since the Unix epoch. */
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
  help: "work on a few fixed records in a log of their own, print what is written, and end: no broker is needed",
} as const satisfies Flag;

/** `--replication`, for programs that create topics. */
export const REPLICATION_FLAG = {
  name: "replication",
  value: "N",
  parse: wholeNumber({ min: 1, max: 32_767 }),
  help: "copies of each topic that is created (default: as the broker is set)",
} as const satisfies Flag;

/** Flags of every job that are not settings of the engine's. */
const BROKER_FLAGS = {
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
  explain: { help: "print the job's sources, operators and sinks, and run nothing: no broker is needed" },
} as const satisfies Flags;

/** Flags of every job that are about its broker and its output. */
export interface BrokerFlagValues {
  /** `--replicas`: copies of the job's own topics. */
  readonly replicas: number | undefined;
  /** `--compression`: how what it writes into topics is compressed at a Kafka. */
  readonly compression: "none" | "gzip" | "snappy" | "lz4" | "zstd" | undefined;
  /** `--print`: whether every result is to be printed, whatever else becomes of it. */
  readonly print: boolean;
  /** `--explain`: whether the job is only to be described. */
  readonly explain: boolean;
}

/** What the command line and the environment say about a job. */
export type JobOptions<F extends Flags = Record<never, Flag>> =
  & SettingsFromFlags
  & BrokerFlagValues
  & FlagValues<F>
  & {
    readonly jobName: string;
    readonly logger: Logger;
    readonly settings: BrokerSettings;
    readonly startupHints: StartupHints;
  };

/**
 * Reads the options that every job has, and those in `flags` that only this one has.
 *
 * @param options.flags such as `{ now: NOW_FLAG, windowMs: WINDOW_FLAG }`: the property is where the value goes
 * @param options.command how it is started, for the help text: "deno task s16"
 * @param options.describe what the job does, for the help text
 * @param options.fedBy tasks that fill the topics it reads, `["gen", "s16"]`, which hints name when nothing arrives
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
  const flags = { ...options.flags, ...SETTING_FLAGS, ...BROKER_FLAGS };
  const { _: _none, ...values } = parseFlags(args, flags, { command, describe });
  return {
    ...values,
    jobName,
    logger: createLogger({ env, job: jobName }),
    settings: brokerSettings(env),
    startupHints: fedBy === undefined ? HINTS : hintsFor(fedBy),
  } as unknown as JobOptions<F>;
}

const HINTS: StartupHints = {
  whenMissing: 'see "deno task topics list", or create it with "deno task topics create"',
  whenIdle: "the job waits for what is written there",
  whenBehindAll:
    "the job waits for what is written there; to read what is there, start it with --reset --from earliest",
};

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
