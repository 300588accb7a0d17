import type { DataStream, SingleOutputStreamOperator } from "../../src/engine/api/data_stream.ts";
import { StreamExecutionEnvironment } from "../../src/engine/api/environment.ts";
import type { EnvironmentOptions } from "../../src/engine/runtime/job_options.ts";
import type { Logger } from "../../src/engine/logger.ts";
import type { JobExecutionResult } from "../../src/engine/runtime/job_result.ts";
import type { Source } from "../../src/engine/source.ts";
import { WatermarkStrategy } from "../../src/engine/time/watermark_strategy.ts";
import { TumblingEventTimeWindows } from "../../src/engine/windows/tumbling_event_time_windows.ts";
import { ManualClock } from "../../src/engine/testing/manual_clock.ts";
import { MemoryJobStore, type Written } from "../../src/engine/testing/memory_job_store.ts";

/** A logger that writes down: "info: …". */
export function newLog(): Logger & { readonly lines: string[] } {
  const lines: string[] = [];
  const note = (level: string) => (message: string) => void lines.push(`${level}: ${message}`);
  return { lines, debug: note("debug"), info: note("info"), warn: note("warn"), error: note("error") };
}

/** Why the test stopped a job. */
const STOPPED = new Error("Stopped by the test");

/**
 * All that a job needs and a test looks at. Each `execute()` describes the job afresh, as a process that is started again.
 */
export class JobRig {
  readonly store = new MemoryJobStore();
  readonly log = newLog();
  readonly clock = new ManualClock(1_000_000);
  readonly #describe: (env: StreamExecutionEnvironment, rig: JobRig) => void;
  readonly #options: EnvironmentOptions;

  constructor(describe: (env: StreamExecutionEnvironment, rig: JobRig) => void, options: EnvironmentOptions = {}) {
    this.#describe = describe;
    this.#options = options;
  }

  /**
   * Runs the job. Each time it sleeps one of `acts` is done; when none is left, the job is stopped.
   */
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
      logger: this.log,
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

  /** What was said about the job, without its name, and without the table at its end. */
  get said(): string[] {
    return this.log.lines.filter((line) => !isTable(line)).map((line) => line.replace(": stats:", ":"));
  }

  /** The table at the job's end. */
  get table(): string[] {
    return this.log.lines.filter(isTable).map((line) => line.slice("info:   ".length));
  }

  /** Committed records of texts: "a 3 @19". */
  get output(): string[] {
    return this.store.output.map(formatWritten);
  }
}

function isTable(line: string): boolean {
  return line.startsWith("info:   ");
}

function formatWritten({ value, timestampMs }: Written): string {
  return `${typeof value === "string" ? value : JSON.stringify(value)} @${timestampMs}`;
}

/** "a 1": one of a. */
export function countOf(text: string): { key: string; n: number } {
  const [key, n] = text.split(" ") as [string, string];
  return { key, n: Number(n) };
}

/** Texts "a 1" by key into windows of 10 ms: "a 3". */
export function windowCounts(texts: DataStream<string>): SingleOutputStreamOperator<string> {
  return texts.keyBy((text) => countOf(text).key)
    .window(TumblingEventTimeWindows.of(10))
    .reduce((accumulated, next) => `${countOf(accumulated).key} ${countOf(accumulated).n + countOf(next).n}`).name(
      "counts",
    );
}

/** The job of most tests: a source of texts "a 1", windows of 10 ms, a sink. */
export function countingJob(source: Source<string>, options: EnvironmentOptions = {}): JobRig {
  return new JobRig((env, { store }) => {
    const texts = env.fromSource(source, WatermarkStrategy.forMonotonousTimestamps(), "texts");
    windowCounts(texts).sinkTo(store.sink("out")).name("out");
  }, options);
}
