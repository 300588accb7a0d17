import {
  type Flags,
  type FlagValues,
  parseFlags,
  parsePositiveDuration,
  parseTime,
  REPLICATION_FLAG,
  UsageError,
  wholeNumber,
} from "../utils.ts";

const FLAGS = {
  create: { help: "first delete and create the four topics, and forget the jobs that read them" },
  replicas: REPLICATION_FLAG,
  rate: {
    value: "N|max",
    parse: parseRate,
    help: "records a second of each source (default: 1 to 3, as in the course)",
  },
  count: {
    value: "N",
    parse: wholeNumber({ min: 0 }),
    fallback: Infinity,
    help: "stop after so many records of each source (default: go on until Ctrl-C)",
  },
  users: { value: "N", default: "100", parse: wholeNumber({ min: 1, max: 1_000_000 }), help: "number of travellers" },
  seed: {
    value: "N",
    parse: wholeNumber({ min: 0, max: 2 ** 32 - 1 }),
    help: "same seed, start, step and count: same records (default: another one each time)",
  },
  startMs: {
    name: "start",
    value: "TIME",
    parse: parseTime,
    help: "event time of the first record (default: event time is the clock)",
  },
  stepMs: {
    name: "step",
    value: "DURATION",
    parse: parsePositiveDuration,
    help: "event time from one record of a source to the next, with --start (default: 100ms)",
  },
} as const satisfies Flags;

/**
 * Reads the command line of `deno task gen`.
 * @throws {UsageError} naming the flag that cannot be used
 * @throws {HelpRequested} for `--help`
 */
export function genOptions(args: readonly string[]): FlagValues<typeof FLAGS> & { readonly seed: number } {
  const { _: _none, seed = Math.floor(Math.random() * 2 ** 32), ...flags } = parseFlags(args, FLAGS, {
    command: "deno task gen",
    describe: "Sends made-up bookings of two airlines to the topics skyone and sunset.",
  });
  if (!flags.create && flags.replicas !== undefined) throw new UsageError("Cannot use --replication without --create");
  if (flags.startMs === undefined && flags.stepMs !== undefined) {
    throw new UsageError("Cannot use --step without --start");
  }
  return { ...flags, seed };
}

function parseRate(text: string): number {
  const rate = text === "max" ? Infinity : Number(text);
  if (!(rate > 0)) throw new RangeError(`"${text}" is neither a number above 0 nor max`);
  return rate;
}
