import { StreamExecutionEnvironment } from "../../src/engine/api/environment.ts";
import type { EnvironmentOptions } from "../../src/engine/runtime/job_settings.ts";
import type { JobExecutionResult } from "../../src/engine/runtime/job_result.ts";
import type { Source } from "../../src/engine/source.ts";
import { ManualClock } from "../../src/engine/testing/manual_clock.ts";
import { MemoryJobStore } from "../../src/engine/testing/memory_job_store.ts";
import { describeCounting, outputOf } from "./counting_job.ts";
import { loggedBy, newLog, tableOf } from "./logged.ts";

/** Why the test stopped a job. */
const STOPPED = new Error("Stopped by the test");

/**
 * A job that a test leads from sleep to sleep, for tests of the job's loop, its pauses and its clock.
 *
 * A `JobHarness` lets a job do all that it can between two calls; here a test acts each time that the job would sleep, and no time
 * passes but what the test lets pass. Each `execute()` describes the job afresh, as a process that is started again.
 */
export class SteppedJob {
  readonly store = new MemoryJobStore();
  readonly logger = newLog();
  readonly clock = new ManualClock(1_000_000);
  readonly #describe: (env: StreamExecutionEnvironment, job: SteppedJob) => void;
  readonly #options: EnvironmentOptions;

  constructor(describe: (env: StreamExecutionEnvironment, job: SteppedJob) => void, options: EnvironmentOptions = {}) {
    this.#describe = describe;
    this.#options = options;
  }

  /** A source of texts "a 1", windows of 10 ms, a sink. */
  static counting(source: Source<string>, options: EnvironmentOptions = {}): SteppedJob {
    return new SteppedJob(describeCounting(source), options);
  }

  /** Runs the job. Each time it sleeps one of `acts` is done; when none is left, the job is stopped. */
  async execute(options: EnvironmentOptions = {}, ...acts: readonly (() => void)[]): Promise<JobExecutionResult> {
    const stop = new AbortController();
    const rest = [...acts];
    this.clock.onSleep = (ms) => {
      if (ms === 0) return; // it only lets others have their turn
      const act = rest.shift();
      if (act === undefined) stop.abort(STOPPED);
      else act();
    };
    const env = new StreamExecutionEnvironment({
      jobName: "stats",
      store: this.store,
      from: "earliest",
      logger: this.logger,
      clock: this.clock,
      signal: stop.signal,
      ...this.#options,
      ...options,
    });
    this.#describe(env, this);
    return await env.execute();
  }

  /** Runs the job as far as the ends that its sources have now. */
  run(options: EnvironmentOptions = {}): Promise<JobExecutionResult> {
    return this.execute({ bounded: true, ...options });
  }

  /** What was logged: "info: stats: …". */
  get log(): string[] {
    return this.logger.lines;
  }

  /** What was logged, without the job's name, and without the table at its end. */
  get logged(): string[] {
    return loggedBy(this);
  }

  /** The table at the job's end. */
  get table(): string[] {
    return tableOf(this);
  }

  /** Committed records of texts: "a 3 @19". */
  get output(): string[] {
    return outputOf(this);
  }
}
