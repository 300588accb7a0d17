/**
 * What the lessons that read topics have around their own work: a command line, and `--sample`, which puts a few fixed records
 * where the generator's would be. A job of your own does without: `jobOptions()` and `openBroker()` are all that it needs.
 */
import { type JobBroker, openBroker, type OpenBrokerOptions } from "./connectors/mod.ts";
import { SampleBroker } from "./lesson/sample_broker.ts";
import { sampleNow } from "./samples.ts";
import type { Flag, Flags, JobOptions } from "./utils.ts";
import { CLOSE_IDLE_FLAG, jobOptions, OUT_OF_ORDERNESS_FLAG, SAMPLE_FLAG, WINDOW_FLAG } from "./utils.ts";

/** A lesson's own part of its command line. */
export interface LessonDescription<F extends Flags> {
  /** "s16" */
  readonly task: string;
  /** What it does, for `--help`. */
  readonly describe: string;
  /** Tasks that fill the topics it reads; default gen. */
  readonly fedBy?: readonly [string, ...string[]];
  /** Flags of this lesson alone: `{ now: NOW_FLAG }`. */
  readonly flags?: F;
}

/** Options of every job, of a lesson's own flags, and whether it works on the sample. */
export type LessonOptions<F extends Flags> = JobOptions<F> & { readonly sample: boolean };

/**
 * The options of a lesson from its command line. With `--sample` it reads its topics from the oldest record to the end, and the
 * present is that of the sample unless `--now` is set.
 *
 * @param jobName under which the job's commits are kept
 * @throws {UsageError} naming the flag or variable that cannot be used
 * @throws {HelpRequested} for `--help`
 */
export function lessonOptions<const F extends Flags = Record<never, Flag>>(
  jobName: string,
  { task, describe, fedBy = ["gen"], flags }: LessonDescription<F>,
): LessonOptions<F> {
  const options = jobOptions(jobName, Deno.args, {
    command: `deno task ${task}`,
    describe,
    fedBy,
    flags: { ...flags, sample: SAMPLE_FLAG },
  }) as unknown as LessonOptions<F> & { readonly now?: () => number };
  if (!options.sample) return options;
  return { ...options, from: "earliest", bounded: true, now: options.now === Date.now ? sampleNow : options.now };
}

/** Flags of a lesson with windows in event time. */
export const EVENT_TIME_FLAGS = {
  windowMs: WINDOW_FLAG,
  outOfOrdernessMs: OUT_OF_ORDERNESS_FLAG,
  closeIdleMs: CLOSE_IDLE_FLAG,
} as const satisfies Flags;

/**
 * The broker that the settings ask for. With `--sample` it is an embedded log in a temporary folder, whose topics hold the
 * sample: the lesson does what it always does, and what it has written is printed when the log is closed.
 *
 * @throws {BrokerError} in one sentence if it cannot be opened
 */
export function openLessonBroker(options: OpenBrokerOptions & { readonly sample: boolean }): Promise<JobBroker> {
  return options.sample && !options.explain ? SampleBroker.open(options.logger) : openBroker(options);
}
