import { type Clock, SYSTEM_CLOCK } from "../clock.ts";
import type { FaultPoint } from "../fault_points.ts";
import type { JobStore } from "../job_store.ts";
import { consoleLogger, type Logger } from "../logger.ts";
import type { Tracer } from "../trace.ts";
import { type EnvironmentOptions, JOB_OPTIONS, type JobOption, type JobSettings } from "./job_settings.ts";

/** The options of a job that runs: each has a value. */
export interface JobRunOptions extends JobSettings {
  /** Undefined: nothing outlives the process. */
  readonly store: JobStore | undefined;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** Called at each of `JOB_FAULT_POINTS`, and handed to the store. */
  readonly faultPoint?: FaultPoint | undefined;
  /** Follows records, see `engine/trace.ts`; left out: nobody does. */
  readonly tracer?: Tracer | undefined;
}

const OPTIONS = Object.entries(JOB_OPTIONS) as readonly [name: keyof JobSettings, option: JobOption<unknown>][];

/** @throws {RangeError} if a setting is out of range */
export function checkOptions(options: EnvironmentOptions): void {
  for (const [name, { check }] of OPTIONS) {
    if (options[name] !== undefined) check?.(options[name], name);
  }
}

/** The options with the defaults of those that are left out. */
export function withDefaults(options: EnvironmentOptions): JobRunOptions {
  const { store, faultPoint, logger = consoleLogger("warn"), clock = SYSTEM_CLOCK } = options;
  const { signal = new AbortController().signal } = options;
  const settings = Object.fromEntries(OPTIONS.map(([name, option]) => [name, options[name] ?? option.default]));
  return {
    ...settings as unknown as JobSettings,
    delivery: options.delivery ?? "exactly-once",
    onError: options.onError ?? (store === undefined ? "fail" : "dead-letter"),
    idleMs: settings.idleMs === 0 ? Number.POSITIVE_INFINITY : settings.idleMs as number,
    store,
    logger,
    signal,
    clock,
    faultPoint,
  };
}
