/** The flags of `deno task bench`, and which measurements they ask for. */
import { parseFlags, UsageError, wholeNumber } from "../src/utils.ts";

/** In this order: first what is compared with others, while the machine is as it was, and what decides about growth and blocks. */
export const QUESTIONS = [
  "jobs",
  "growth",
  "windows",
  "late",
  "blocks",
  "engine",
  "start",
  "memory",
  "latency",
  "gen",
  "reports",
  "page",
  "flink",
  "requests",
  "pairs",
] as const;

export type Question = typeof QUESTIONS[number];

/** Asked for by its name, or by `--against`: a Flink cluster, requests without any time, another version. */
const BY_NAME: readonly Question[] = ["flink", "requests", "pairs"];

/** What to measure, and how. */
export interface BenchOptions {
  readonly questions: readonly Question[];
  readonly peers: boolean;
  readonly short: boolean;
  readonly rounds: number;
  readonly json: boolean;
  readonly write: boolean;
  /** The commit that `pairs` compares with, as it was named. */
  readonly against: string | undefined;
}

/** @throws {UsageError} if flags are unknown or contradict one another @throws {HelpRequested} for `--help` */
export function benchOptions(args: readonly string[]): BenchOptions {
  const { only, rounds, against, ...flags } = parseFlags(args, {
    peers: { help: "beside other engines and loops written by hand, which are fetched and built the first time" },
    short: { help: "a fraction of the records and rounds, under two minutes; not what the targets are meant for" },
    only: {
      value: "LIST",
      parse: parseQuestions,
      fallback: undefined,
      help: `some of ${QUESTIONS.join(",")} (default: all but ${BY_NAME.join(", ")})`,
    },
    against: {
      value: "REF",
      parse: (text: string) => text,
      fallback: undefined,
      help: "the jobs as they are here and as they were at this commit, in turn: pairs of runs and their ratios",
    },
    rounds: {
      value: "N",
      parse: wholeNumber({ min: 1 }),
      fallback: undefined,
      help: "runs of each kind, interleaved (default: 5, with --short 2)",
    },
    json: { help: "print one JSON object instead of the table" },
    write: { help: "write the table to bench/RESULTS.md too" },
  }, {
    command: "deno task bench",
    describe:
      "Measures the jobs: speed, processor time, memory, latency, start and growth. Uses the Kafka at BOOTSTRAP_SERVERS, else\n" +
      "starts one where Java 17 and Maven are there.",
  });
  const byDefault = QUESTIONS.filter((name) => !BY_NAME.includes(name));
  const questions = only ?? (against === undefined ? byDefault : ["pairs" as const]);
  if (questions.includes("pairs") !== (against !== undefined)) {
    throw new UsageError(
      against === undefined
        ? "Cannot measure pairs: name the commit to compare with, --against REF"
        : `Cannot compare with "${against}": --only leaves pairs out; add it, or leave --only out`,
    );
  }
  return { ...flags, questions, against, rounds: rounds ?? (flags.short ? 2 : 5) };
}

function parseQuestions(text: string): Question[] {
  return text.split(",").map((part) => {
    const name = QUESTIONS.find((one) => one === part.trim());
    if (name === undefined) throw new SyntaxError(`"${part.trim()}" is not one of ${QUESTIONS.join(", ")}`);
    return name;
  });
}
