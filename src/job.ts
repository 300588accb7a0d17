/**
 * What a job's program has around the job: a command line, the broker's settings, log lines, signals and exit codes.
 *
 * {@link jobOptions} reads the flags that every job has (`--from`, `--bounded`, `--reset`, `--explain`, …) and those of your own,
 * and the broker from BOOTSTRAP_SERVERS, BROKER, KAFKA_SSL and so on. {@link runMain} runs `main()` with a signal that Ctrl-C and
 * SIGTERM abort, prints one sentence for a user's mistake, and exits: 0 finished, 1 failed, 2 wrong usage, 130 Ctrl-C.
 *
 * @example A whole program
 * ```ts
 * import { StreamExecutionEnvironment } from "@stream-apps/deno";
 * import { jobOptions, runMain, wholeNumber } from "@stream-apps/deno/job";
 *
 * const FLAGS = {
 *   count: { value: "N", default: "3", parse: wholeNumber({ min: 1 }), help: "how many numbers" },
 * } as const;
 *
 * async function main(signal: AbortSignal): Promise<void> {
 *   const options = jobOptions("numbers", Deno.args, { command: "deno task numbers", flags: FLAGS });
 *   const env = new StreamExecutionEnvironment({ ...options, signal });
 *   env.fromSequence(1, options.count).print();
 *   await env.execute();
 * }
 *
 * if (import.meta.main) await runMain(main);
 * ```
 *
 * @module
 */
export {
  type CommandLine,
  type Flag,
  type Flags,
  type FlagValue,
  type FlagValues,
  HelpRequested,
  oneOf,
  parseFlags,
  UsageError,
  wholeNumber,
  type WithoutFlag,
} from "./utils/flags.ts";
export type { Environment } from "./utils/environment.ts";
export {
  type BrokerFlagValues,
  CLOSE_IDLE_FLAG,
  type JobOptions,
  jobOptions,
  NOW_FLAG,
  OUT_OF_ORDERNESS_FLAG,
  WINDOW_FLAG,
} from "./utils/job_options.ts";
export { createLogger } from "./utils/logging.ts";
export { Interrupted, type Process, runMain } from "./utils/run_main.ts";
export type { ReadFile } from "./utils/kafka_settings.ts";
export type { SettingsFromFlags } from "./utils/setting_flags.ts";
export { brokerSettings } from "./utils/settings.ts";
export { formatDuration, parseDuration, parsePositiveDuration, parseTime } from "./utils/values.ts";
