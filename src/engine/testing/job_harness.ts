import type { StreamExecutionEnvironment } from "../api/environment.ts";
import type { EnvironmentOptions } from "../runtime/job_settings.ts";
import type { RecordOrigin } from "../errors.ts";
import type { StreamGraph } from "../graph.ts";
import type { DeadLetter } from "../job_store.ts";
import type { Logger } from "../logger.ts";
import { type Books, booksOf } from "../reporting/books.ts";
import { checkBooks } from "../runtime/book_rules.ts";
import type { JobExecutionResult } from "../runtime/job_result.ts";
import type { RunningJob } from "../runtime/running_job.ts";
import type { Tracer, TraceStep } from "../trace.ts";
import { emptyView, type JobView } from "../reporting/job_view.ts";
import { whyNothingComesOut } from "../reporting/why_nothing_comes_out.ts";
import { applyChanges } from "../state/changes.ts";
import { CrashPlan, type CrashPoint, SimulatedCrash } from "./crash.ts";
import { HarnessEnvironment } from "./harness_environment.ts";
import { ManualClock } from "./manual_clock.ts";
import { MemoryJobStore } from "./memory_job_store.ts";
import { OperatorView } from "./operator_view.ts";
import { WatchedClock } from "./watched_clock.ts";
import { bindTestParts, testSourcesOf, uidOf } from "./test_parts.ts";
import { type SourceDriver, TestSource } from "./test_source.ts";

/**
 * Options of a job in a harness: those of production, except store, clock, logger and signal. `from` is "earliest" unless it is
 * set, and `maxAheadMs` Infinity, as the clock is at 0.
 */
export interface JobHarnessOptions extends Omit<EnvironmentOptions, "store" | "clock" | "logger" | "signal"> {
  /** The store of another harness, to go on from its commits; left out: a new one. */
  readonly store?: MemoryJobStore;
  /** The clock; left out: one at 0. */
  readonly clock?: ManualClock;
}

/** Describes a job on its environment; the harness has the store for its sinks. */
export type DescribeJob = (env: StreamExecutionEnvironment, harness: JobHarness) => void | Promise<void>;

/**
 * - `not running`: not started yet
 * - `crashed`: it has crashed as planned, and `restart()` starts it again
 * - `failed`: it has failed with an error, which a call of the harness has thrown
 * - `stopped`, `finished`: it has ended after a last commit
 */
export type JobStatus = "not running" | "running" | "crashed" | "failed" | "stopped" | "finished";

/**
 * Runs a whole job without a broker: the same job as in production, with sources that a test fills by hand, sinks that it reads,
 * a clock that it moves, and crashes that it plans.
 *
 * Nothing here depends on real time or chance: a call that gives the job work resolves when the job has done all of it, timers
 * and windows included, and waits for more. As in production, nothing is durable before a commit: one is made with the first
 * output, and later ones when the clock has moved by `commitIntervalMs`, or by `commit()`.
 *
 * @example Windows, event time by hand
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { TestSink, TestSource, watermarksByHand } from "@stream-apps/deno/testing";
 * import { TumblingEventTimeWindows } from "@stream-apps/deno/windows";
 *
 * const fares = new TestSource<{ city: string; sum: number }>("fares");
 * const totals = new TestSink<{ city: string; sum: number }>("totals");
 * await using harness = await new JobHarness((env) => {
 *   env.fromSource(fares, watermarksByHand(), "fares")
 *     .keyBy(({ city }) => city)
 *     .window(TumblingEventTimeWindows.of(60_000))
 *     .reduce((accumulated, next) => ({ city: accumulated.city, sum: accumulated.sum + next.sum }))
 *     .sinkTo(totals);
 * }).start();
 *
 * await fares.push({ city: "Ulm", sum: 3 }, 1_000);
 * await fares.push({ city: "Ulm", sum: 4 }, 2_000);
 * assertEquals(totals.values, []);
 * console.log(harness.whyNothingComesOut()); // 1 window of "window reduce" is open, it closes when …
 *
 * await fares.watermark(59_999);
 * assertEquals(totals.records, [[{ city: "Ulm", sum: 7 }, 59_999]]);
 * ```
 *
 * @example The job crashes in its third commit and goes on from the second
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { TestSink, TestSource, watermarksByHand } from "@stream-apps/deno/testing";
 *
 * const words = new TestSource<string>("words");
 * const counts = new TestSink<string>("counts");
 * await using harness = await new JobHarness((env) => {
 *   env.fromSource(words, watermarksByHand(), "words")
 *     .map((word) => ({ word, n: 1 })).keyBy(({ word }) => word)
 *     .reduce((accumulated, next) => ({ word: accumulated.word, n: accumulated.n + next.n }))
 *     .map(({ word, n }) => `${word} ${n}`).sinkTo(counts);
 * }).start();
 *
 * await words.push("a"); // the commit before the first record was the first, that of the first output the second
 * harness.crashAt({ beforeCommit: 1 });
 * await words.push("a");
 * await harness.commit();
 * assertEquals([harness.status, counts.values], ["crashed", ["a 1"]]);
 *
 * await harness.restart();
 * assertEquals(counts.values, ["a 1", "a 2"]);
 * ```
 *
 * @see Flink: MiniClusterWithClientResource
 */
export class JobHarness implements AsyncDisposable, SourceDriver {
  /** The job's clock; `advanceClock()` moves it. */
  readonly clock: ManualClock;
  /** The store of its commits. */
  readonly store: MemoryJobStore;
  /** What the job has logged from level info on: "info: job: finished: 3 in, 1 out". */
  readonly log: string[] = [];
  /** What became of the records that `follow()` has chosen, in order. */
  readonly steps: TraceStep[] = [];
  #tracer: Tracer | undefined;
  readonly #describe: DescribeJob;
  readonly #options: JobHarnessOptions;
  #status: JobStatus = "not running";
  #graph: StreamGraph = { nodes: [] };
  #job: RunningJob | undefined;
  #stop = new AbortController();
  #crash: SimulatedCrash | undefined;
  #failure: { readonly error: unknown } | undefined;
  #result: JobExecutionResult | undefined;
  readonly #watchedClock: WatchedClock;
  readonly #crashPlan: CrashPlan;

  /**
   * A job that is not started yet.
   * @param describe describes the job on the environment, and does not execute it; called again for each start, as by a process
   *   that is started again
   */
  constructor(describe: DescribeJob, options: JobHarnessOptions = {}) {
    if (typeof describe !== "function") {
      throw new TypeError("Cannot create a JobHarness: it takes a function that describes the job, (env) => …");
    }
    const { clock = new ManualClock(), store = new MemoryJobStore(), ...others } = options;
    this.#describe = describe;
    this.#options = others;
    this.clock = clock;
    this.store = store;
    this.#watchedClock = new WatchedClock(clock);
    this.#crashPlan = new CrashPlan(store, () => this.#die());
  }

  /**
   * Starts the job, from its last commit if there is one.
   * @param options for this start, instead of those of the harness
   * @returns the harness, when the job has processed all that its sources have
   */
  async start(options: Omit<JobHarnessOptions, "store" | "clock"> = {}): Promise<this> {
    if (this.#status === "running") {
      throw new TypeError("Cannot start the job: it is running; restart() kills it first, stop() ends it");
    }
    const stop = this.#stop = new AbortController();
    this.#job = undefined;
    this.#crash = undefined;
    this.#failure = undefined;
    this.#result = undefined;
    const env = new HarnessEnvironment(
      {
        from: "earliest",
        maxAheadMs: Number.POSITIVE_INFINITY,
        ...this.#options,
        ...options,
        store: this.store,
        clock: this.#watchedClock,
        logger: this.#logger(),
        signal: stop.signal,
      },
      (graph, job) => this.#opened(graph, job),
    );
    await this.#describe(env, this);
    this.#graph = { nodes: [...env.graph.nodes] };
    bindTestParts(this.#graph, this);
    this.#status = "running";
    env.executeNow().then((result) => {
      this.#result = result;
      this.#status = this.#crash !== undefined ? "crashed" : result.end === "stopped" ? "stopped" : "finished";
    }, (error) => {
      this.#status = this.#crash !== undefined ? "crashed" : "failed";
      if (this.#crash === undefined) this.#failure = { error };
    });
    await this.settle();
    return this;
  }

  /** The status of the job. */
  get status(): JobStatus {
    return this.#status;
  }

  /**
   * Waits until the job has nothing more to do. The other methods do so too; it is for a test that has settled a promise for which
   * an asynchronous function of the job has waited.
   * @throws the error with which the job has failed
   */
  async settle(): Promise<void> {
    await this.#rest();
    if (this.#crash !== undefined && this.#status === "running") {
      // Without that it would retry after a while.
      this.#stop.abort(this.#crash);
      await this.#rest();
    }
    if (this.#failure !== undefined) throw this.#failure.error;
    if (this.#status === "running" && this.#job !== undefined) checkBooks(this.#job.sources, this.#job.tasks);
  }

  /** Lets `ms` of processing time pass for the job: timers, commits and idleness happen when they are due, one by one. */
  async advanceClock(ms: number): Promise<void> {
    const { clock } = this;
    const endMs = clock.nowMs + ms;
    while (clock.nextDueMs <= endMs) {
      clock.nowMs = clock.nextDueMs;
      await this.settle();
    }
    clock.nowMs = endMs;
  }

  /** Makes the job commit now, independently of the clock. */
  async commit(): Promise<void> {
    const { attempt } = this.#running("commit");
    this.store.sessions.at(-1)!.full = true;
    attempt.wake();
    await this.settle();
  }

  /** Ends the job like a signal, after a commit. Sources keep their records for the next start. */
  async stop(): Promise<JobExecutionResult> {
    this.#running("stop");
    this.#stop.abort(new Error("Stopped by the test"));
    await this.settle();
    return this.#result!;
  }

  /**
   * Ends the job like the end of a bounded input: all `TestSource`s end, event time advances to its end, windows and event-time
   * timers fire, and all is committed. The sources can be filled again for a next start.
   * @throws {Error} if a part of the job does not end
   */
  async finish(): Promise<JobExecutionResult> {
    this.#running("finish");
    const sources = testSourcesOf(this.#graph);
    try {
      await Promise.all(sources.map((source) => source.end()));
    } finally {
      for (const source of sources) source.reopen();
    }
    return this.#ended("finish");
  }

  /**
   * Runs the job to the ends that its sources have now, as a bounded run does.
   * @param options in place of those of the harness, for this run
   * @throws what made the job fail, or {Error} if something of the job has no end
   */
  async run(options: Omit<JobHarnessOptions, "store" | "clock"> = {}): Promise<JobExecutionResult> {
    await this.start({ ...options, bounded: true });
    return this.#ended("run");
  }

  /** Kills the job now: what is not committed is lost. */
  async crash(): Promise<void> {
    this.#running("crash");
    this.#die();
    await this.settle();
  }

  /** Kills the job if it is running, and starts it again from its last commit. */
  async restart(options: Omit<JobHarnessOptions, "store" | "clock"> = {}): Promise<this> {
    if (this.#status === "running") await this.crash();
    return await this.start(options);
  }

  /**
   * Plans a crash; the call during which it happens resolves normally, and `status` is "crashed" then.
   * @throws {RangeError} if the number is not a whole number > 0
   */
  crashAt(point: CrashPoint): void {
    this.#crashPlan.set(point);
  }

  /** Called by a {@link TestSource} before each record that the job takes. */
  beforeTake(): void {
    this.#crashPlan.pass("beforeRecord");
  }

  /**
   * Follows records from now on: what becomes of them is in {@link JobHarness.steps}.
   * @param which whether a record is to be followed, by where it came from
   */
  follow(which: (record: RecordOrigin) => boolean): void {
    this.#tracer = { follows: which, take: (step) => this.steps.push(step) };
    this.#job?.attempt.tracing.follow(this.#tracer);
  }

  /** The counts of the current attempt, or of the last one. */
  books(): Books {
    return booksOf(this.#job?.view ?? emptyView(this.#jobName));
  }

  /**
   * What reports see of the job in its current attempt, or its last one; undefined before the first.
   * @internal
   */
  protected get view(): JobView | undefined {
    return this.#job?.view;
  }

  /** A sentence on what the job waits for; undefined if there is no reason to be seen. */
  whyNothingComesOut(): string | undefined {
    return whyNothingComesOut(this.#running("say why nothing comes out").view, this.clock.monotonicMs());
  }

  /** Dead letters in order, committed or not: late and undecodable records, and those at which a function has thrown. */
  get deadLetters(): DeadLetter[] {
    return [...this.store.letters, ...this.store.sessions.at(-1)?.pendingDeadLetters ?? []];
  }

  /** The watermark of an operator, ms; that of a source is the lowest of its partitions. */
  currentWatermark(operator: string): number {
    const uid = uidOf(this.#graph, operator);
    const { sources, tasks } = this.#running("look at event time");
    const task = tasks.find(({ node }) => node.uid === uid);
    return task?.currentWatermark() ?? sources.find(({ node }) => node.uid === uid)!.output.watermarkMs;
  }

  /**
   * State and timers of an operator, committed or not; if the job is not running, those of the last commit.
   * @param operator its uid or name
   * @throws {TypeError} if no operator, or several, have that name
   */
  operator(operator: string): OperatorView {
    const uid = uidOf(this.#graph, operator);
    return new OperatorView(uid, () => {
      const entries = new Map(this.store.entries);
      const job = this.#status === "running" ? this.#job : undefined;
      if (job !== undefined) applyChanges(entries, job.attempt.changes.peek());
      const task = job?.tasks.find(({ node }) => node.uid === uid);
      return { entries, versions: task?.state.versions(), nowMs: this.clock.nowMs };
    });
  }

  /** Kills the job if it is running. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#status !== "running") return;
    this.#die();
    this.#stop.abort(this.#crash);
    await this.#rest();
  }

  /** The result of the job; of one that crashed as planned, what it had counted. */
  #ended(what: string): JobExecutionResult {
    if (this.#result !== undefined) return this.#result;
    if (this.#crash !== undefined) return { jobName: this.#jobName, end: "stopped", books: this.books() };
    throw new Error(
      `Cannot ${what} the job: a source that is not a TestSource, or an asynchronous function, has not ended; ` +
        `${this.whyNothingComesOut() ?? "stop() ends it all the same"}`,
    );
  }

  get #jobName(): string {
    return this.#options.jobName ?? "job";
  }

  #running(what: string): RunningJob {
    if (this.#status === "running" && this.#job !== undefined) return this.#job;
    throw new TypeError(
      `Cannot ${what}: the job is ${this.#status === "running" ? "not open" : this.#status}; call start()`,
    );
  }

  /** Ends the job's session and returns the error to throw into the job. */
  #die(): SimulatedCrash {
    const crash = this.#crash = new SimulatedCrash();
    this.store.sessions.at(-1)?.lose(crash);
    return crash;
  }

  #opened(graph: StreamGraph, job: RunningJob): void {
    this.#graph = graph;
    this.#job = job;
    job.attempt.tracing.follow(this.#tracer);
    for (const task of job.sources) {
      const { source } = task.node;
      if (source instanceof TestSource) source.attach(task);
    }
  }

  #rest(): Promise<void> {
    return this.#watchedClock.rest(() => this.#status !== "running");
  }

  #logger(): Logger {
    const note = (level: string) => (message: string) => void this.log.push(`${level}: ${message}`);
    return { debug() {}, info: note("info"), warn: note("warn"), error: note("error") };
  }
}
