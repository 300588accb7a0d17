import type { Clock } from "../clock.ts";
import { type Step, stepsOf } from "../fault_points.ts";
import type { StreamGraph } from "../graph.ts";
import type { DeadLetter, JobSession } from "../job_store.ts";
import { Activity } from "../reporting/activity.ts";
import type { StatusReporter } from "../reporting/status_reporter.ts";
import { Changes } from "../state/changes.ts";
import { ClockLimit, NO_LIMIT } from "../time/clock_limit.ts";
import type { AttemptContext } from "./attempt_context.ts";
import { DeadLetters } from "./dead_letters.ts";
import type { ErrorPolicy, WindowErrorPolicy } from "./error_policy.ts";
import type { JobRunOptions } from "./run_options.ts";
import { Slices } from "./slices.ts";
import { Tracing } from "./tracing.ts";
import { Waker } from "./waker.ts";

/** Which attempt of a job it is. */
export interface AttemptOptions extends JobRunOptions {
  /** Undefined: nothing outlives the process. */
  readonly session: JobSession | undefined;
  /** Counted from 1. */
  readonly number: number;
  /** Default true. */
  readonly emitsBroadcast?: boolean;
  /** Reports what the job does; left out where somebody else does that. */
  readonly status?: StatusReporter;
}

/** One attempt at a job: what its parts have in common, from before the first is opened until the last is closed. */
export class Attempt implements AttemptContext {
  readonly options: JobRunOptions;
  readonly session: JobSession | undefined;
  readonly clock: Clock;
  readonly changes: Changes = new Changes();
  readonly onError: ErrorPolicy;
  readonly onWindowError: WindowErrorPolicy;
  readonly clockLimit: ClockLimit;
  readonly emitsBroadcast: boolean;
  readonly tracing: Tracing;
  readonly deadLetters: DeadLetters;
  /** What it is doing, for its watchdog. */
  readonly activity: Activity;
  readonly status: StatusReporter | undefined;
  /** Passes fault points. */
  readonly step: Step;
  readonly slices: Slices;
  /** Of the job's loop. */
  readonly waker: Waker;
  recordsIn = 0;
  readonly #ended = new AbortController();
  #sequence = 0;

  constructor(graph: StreamGraph, options: AttemptOptions) {
    const { session, clock, bounded } = options;
    this.options = options;
    this.session = session;
    this.clock = clock;
    this.onError = options.onError;
    this.onWindowError = options.onWindowError;
    this.emitsBroadcast = options.emitsBroadcast ?? true;
    this.activity = new Activity(clock);
    this.status = options.status;
    this.step = stepsOf(options.faultPoint);
    this.waker = new Waker(clock);
    this.slices = new Slices(clock, this.changes.journal);
    this.tracing = new Tracing({ ...options, changes: this.changes });
    const sources = graph.nodes.filter((node) => node.kind === "source").map(({ source }) => source);
    this.clockLimit = bounded || sources.every((source) => source.bounded || source.madeUp)
      ? NO_LIMIT
      : new ClockLimit({ ...options, warn: (message) => this.warn(message) });
    const ends = bounded || sources.every((source) => source.bounded);
    this.deadLetters = new DeadLetters({ ...options, ends });
  }

  get allowWindowChange(): boolean {
    return this.options.allowWindowChange;
  }

  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  deadLetter(letter: Omit<DeadLetter, "attempt">, of?: number): void {
    this.deadLetters.add(letter, { recordsIn: this.recordsIn, of });
  }

  warn(message: string): void {
    this.options.logger.warn(`${this.options.jobName}: ${message}`);
  }

  // Handed to sources without the attempt.

  readonly sequence = (): number => ++this.#sequence;

  readonly wake = (): void => this.waker.wake();

  /** Logs what was dropped, and aborts the signal. */
  end(): void {
    this.deadLetters.logTotals(this.recordsIn);
    this.#ended.abort();
  }
}
