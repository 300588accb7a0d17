/**
 * What every lesson and tool shares around its own work: settings, command lines, log lines, exit codes. Nothing here
 * knows streams.
 */
export { formatCount } from "./engine/internal.ts";
export * from "./utils/flags.ts";
export * from "./utils/job_options.ts";
export * from "./utils/logging.ts";
export * from "./utils/run_main.ts";
export * from "./utils/settings.ts";
export * from "./utils/values.ts";
