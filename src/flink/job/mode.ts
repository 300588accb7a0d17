/** How a bundled job is asked to describe itself, and answers. */

/** "describe" or "worker". */
export const MODE_VARIABLE = "STREAM_APPS_FLINK";

/** Begins the line of standard output that is the plan. */
export const PLAN_MARK = "flink plan: ";

/** Modules that others take the place of in a bundle. */
export const REPLACEMENTS: Readonly<Record<string, string>> = {
  "./src/engine/runtime/job_execution.ts": "./src/flink/job/job_execution.ts",
  "./src/connectors/open_broker.ts": "./src/flink/job/open_broker.ts",
};
