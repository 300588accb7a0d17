import type { StreamGraph } from "../graph.ts";
import { type JobSession, nameOf } from "../job_store.ts";
import { formatTime, MAX_WATERMARK } from "../record.ts";
import { Changes } from "../state/changes.ts";
import { ClockLimit, NO_LIMIT } from "../time/clock_limit.ts";
import { PERIODIC_EMIT_MS } from "../time/watermark_strategy.ts";
import { Activity } from "../reporting/activity.ts";
import { type Books, booksOf } from "../reporting/books.ts";
import type { JobView } from "../reporting/job_view.ts";
import { Commits, flushSinks } from "./commits.ts";
import { DeadLetters } from "./dead_letters.ts";
import { Intake } from "./intake.ts";
import type { JobRunOptions } from "./job_options.ts";
import { Progress } from "../reporting/progress.ts";
import type { AttemptContext } from "./attempt_context.ts";
import { Silence } from "./silence.ts";
import type { Snapshot } from "./snapshot.ts";
import type { SourceTask } from "./source_task.ts";
import { describeStart, warnOfMiddle } from "../reporting/start_words.ts";
import type { Task } from "./task.ts";
import { unlessLost } from "./unless_lost.ts";
import { Watchdog } from "../reporting/watchdog.ts";
import { wire, type Wired } from "./wiring.ts";

/** Records between two looks at the outside world; some ms of work. */
const SLICE_RECORDS = 2_000;
/** A slow function ends the slice earlier, ms: signs of life, commits and signals must not wait for thousands of its calls. */
const SLICE_MS = 200;
/** Output that waits in memory for its commit; more brings the commit forward. */
const MAX_PENDING_RECORDS = 50_000;

/** One moment by both clocks. */
interface Moment {
  /** Time of day, ms since the Unix epoch. */
  readonly nowMs: number;
  /** For durations. */
  readonly monotonicMs: number;
}

/** How a run came to its end. */
export type JobRunEnd = "finished" | "finished elsewhere" | "stopped";

/**
 * One attempt at a job: restores the last commit, works until the end, a stop or an error, and commits on the way.
 * An error leaves nothing behind but the last commit.
 */
export class JobRun {
  readonly #graph: StreamGraph;
  readonly #options: JobRunOptions;
  readonly #session: JobSession | undefined;
  readonly #attempt: AttemptContext;
  readonly #commits: Commits;
  readonly #deadLetters: DeadLetters;
  readonly #activity: Activity;
  readonly #parts: Wired = { sources: [], tasks: [], writers: [] };
  readonly #sources: readonly SourceTask[] = this.#parts.sources;
  readonly #tasks: readonly Task[] = this.#parts.tasks;
  readonly #view: JobView;
  /** Tasks whose records may still be at work when they have left the others behind. */
  #asyncTasks: readonly Task[] = [];
  /** The flush under way. */
  #flushing: Promise<void> | undefined;
  #storedAtStart = Number.POSITIVE_INFINITY;
  #lastPeriodicMs = Number.NEGATIVE_INFINITY;
  #wake: () => void = () => {};
  #woken = false;
  readonly #ended = new AbortController();

  constructor(graph: StreamGraph, options: JobRunOptions, session: JobSession | undefined, attempt: number) {
    this.#graph = graph;
    this.#options = options;
    this.#session = session;
    const changes = new Changes();
    const sources = graph.nodes.filter((node) => node.kind === "source").map(({ source }) => source);
    this.#deadLetters = new DeadLetters(options, session, {
      number: attempt,
      ends: options.bounded || sources.every(({ bounded }) => bounded),
      recordsIn: () => this.#sources.reduce((sum, { output }) => sum + output.tally.in, 0),
    });
    this.#activity = new Activity(options.clock);
    this.#commits = new Commits(options, session, changes, this.#parts, this.#activity);
    let last = 0;
    const warn = (message: string) => options.logger.warn(`${options.jobName}: ${message}`);
    this.#attempt = {
      sequence: () => ++last,
      clock: options.clock,
      changes,
      onError: options.onError,
      onWindowError: options.onWindowError,
      deadLetter: (letter, of) => this.#deadLetters.add(letter, of),
      clockLimit: options.bounded || sources.every(({ bounded, madeUp }) => bounded || madeUp)
        ? NO_LIMIT
        : new ClockLimit({ ...options, warn }),
      warn,
      wake: () => {
        this.#woken = true;
        this.#wake();
      },
      signal: this.#ended.signal,
    };
    const { clockLimit } = this.#attempt;
    this.#view = { jobName: options.jobName, sources: this.#sources, tasks: this.#tasks, clockLimit };
  }

  /** @param standbySinceMs when this instance began to wait for another one, if it did */
  async run(standbySinceMs: number | undefined): Promise<JobRunEnd> {
    const { clock, logger, bounded, signal, jobName, faultPoint } = this.#options;
    const activity = this.#activity;
    using _watchdog = new Watchdog(this.#view, { ...this.#options, activity, session: this.#session });
    const snapshot = await activity.wait(
      `${nameOf(this.#options.store)} to give the last commit`,
      () => this.#commits.restore(this.#graph),
    );
    const finishedAtMs = snapshot.job?.finishedAtMs ?? null;
    if (bounded && standbySinceMs !== undefined && finishedAtMs !== null && finishedAtMs >= standbySinceMs) {
      return "finished elsewhere";
    }
    snapshot.checkFits(jobName, this.#graph);
    try {
      await this.#open(snapshot);
      faultPoint?.("restore: sources, sinks and state are open");
      await this.#commit();
      this.#storedAtStart = this.#commits.stored;
      for (const { reader } of this.#sources) reader.start();
      for (const source of this.#sources) source.start();
      for (const task of this.#tasks) task.start();
      this.#checkEventTime();
      this.#asyncTasks = this.#tasks.filter(({ operator }) => operator.pendingResults !== undefined);
      const intake = new Intake(
        this.#sources.flatMap(({ splits }) => splits),
        this.#asyncTasks.length === 0 ? undefined : () => this.#isFull(),
      );
      const progress = new Progress(this.#view, { clock, logger });
      return await this.#loop(intake, progress, signal);
    } finally {
      this.#deadLetters.logTotals();
      this.#ended.abort();
      await activity.wait("sources, sinks and functions to close", () => this.#close());
    }
  }

  /** What has happened stands: what does not close is logged, and keeps nothing else open. */
  async #close(): Promise<void> {
    const closings = [
      ...this.#sources.map(({ node, reader }) => ({ name: node.name, close: () => reader.close() })),
      ...this.#parts.writers.map(({ name, writer }) => ({ name, close: () => writer.close?.() })),
      ...this.#tasks.map(({ name, operator }) => ({ name, close: () => operator.close?.() })),
    ];
    await Promise.all(closings.map(async ({ name, close }) => {
      try {
        await close();
      } catch (error) {
        this.#attempt.warn(`could not close "${name}": ${error instanceof Error ? error.message : error}`);
      }
    }));
  }

  /** Whether it has committed more than where it began. */
  get madeProgress(): boolean {
    return this.#commits.stored > this.#storedAtStart;
  }

  /** Where late and bad records are kept; undefined if they are dropped. */
  get deadLetters(): string | undefined {
    return this.#deadLetters.keptIn;
  }

  /** What came in, went out and stayed. */
  books(): Books {
    return booksOf(this.#view);
  }

  async #open(snapshot: Snapshot): Promise<void> {
    const { logger, jobName, from } = this.#options;
    const start = snapshot.job === undefined
      ? `starts ${describeStart(this.#graph, from)}`
      : "goes on from its last commit (--from is for a first start)";
    if (this.#session !== undefined) logger.info(`${jobName}: ${start}`);
    const warning = snapshot.job === undefined ? warnOfMiddle(this.#graph, from) : undefined;
    if (warning !== undefined) logger.warn(`${jobName}: ${warning}`);
    await this.#activity.wait(
      () => {
        const node = this.#graph.nodes[this.#sources.length + this.#tasks.length];
        return node === undefined ? "functions to open" : `"${node.name}" to open`;
      },
      () => wire(this.#graph, this.#options, this.#session, snapshot, this.#attempt, this.#parts),
    );
    this.#commits.opened(snapshot);
    this.#options.onWired?.({ view: this.#view, sources: this.#sources, tasks: this.#tasks, attempt: this.#attempt });
  }

  /** Event time that came too far by a record with a wrong time never goes back by itself. */
  #checkEventTime(): void {
    const { clockLimit, warn } = this.#attempt;
    for (const { node, output: { watermarkMs } } of [...this.#sources, ...this.#tasks]) {
      if (watermarkMs === MAX_WATERMARK || !clockLimit.isBeyond(watermarkMs)) continue;
      warn(
        `event time of "${node.name}" stands at ${
          formatTime(watermarkMs)
        }, far ahead of the clock: what comes before that is ` +
          `late; "deno task state ${this.#options.jobName} set-event-time TIME" sets it back while the job is stopped`,
      );
      return;
    }
  }

  async #loop(intake: Intake, progress: Progress, signal: AbortSignal): Promise<JobRunEnd> {
    const { clock } = this.#options;
    const commits = this.#commits;
    const activity = this.#activity;
    const silence = new Silence(this.#sources, this.#tasks, this.#options.closeIdleMs);
    for (;;) {
      if (signal.aborted) {
        if (this.#options.drain) { for (const source of this.#sources) source.end(); }
        await this.#commit();
        return "stopped";
      }
      this.#session?.lost.throwIfAborted();
      this.#woken = false;
      const { arrival } = intake;
      for (const source of this.#sources) await this.#poll(source, arrival);
      const sliceEndMs = clock.monotonicMs() + SLICE_MS;
      const taken = activity.work(
        "taking records",
        () => intake.run(SLICE_RECORDS, () => clock.monotonicMs() >= sliceEndMs),
      );
      const moment = { nowMs: clock.now(), monotonicMs: clock.monotonicMs() };
      const { monotonicMs } = moment;
      const { roomAgain, nextInMs } = activity.work("firing timers", () => this.#advance(silence, moment));
      if (
        this.#sources.every(({ ended }) => ended) &&
        this.#asyncTasks.every(({ operator }) => operator.pendingResults!.pending === 0)
      ) {
        for (const source of this.#sources) source.end();
        await this.#flushed();
        await activity.wait("the commit", () => commits.finish());
        return "finished";
      }
      await this.#flush();
      const commitInMs = commits.lastMs + this.#options.commitIntervalMs - clock.monotonicMs();
      const pending = this.#session?.pendingRecords ?? 0;
      // The first output is committed at once: somebody may be waiting for a sign of life.
      const urgent = pending >= MAX_PENDING_RECORDS || (pending > 0 && !commits.hadOutput);
      const changed = commits.isDue;
      if (changed && (commitInMs <= 0 || urgent)) await this.#commit();
      progress.tick(monotonicMs);
      if (taken > 0 || roomAgain) await nextTurn();
      else {
        const timerInMs = Math.min(
          ...this.#tasks.map(({ processingTimers }) => processingTimers.nextTimeMs - moment.nowMs),
          ...this.#asyncTasks.map(({ operator }) => operator.pendingResults!.nextTimeMs - monotonicMs),
        );
        const commitDueMs = changed ? Math.max(commitInMs, 0) : Number.POSITIVE_INFINITY;
        await this.#sleep(Math.min(nextInMs, progress.nextTickMs(monotonicMs), commitDueMs, Math.max(timerInMs, 0)));
      }
    }
  }

  /** All that comes of the time that has passed, and of results that have come meanwhile. */
  #advance(silence: Silence, moment: Moment): { readonly roomAgain: boolean; readonly nextInMs: number } {
    const activity = this.#activity;
    const { nowMs, monotonicMs } = moment;
    const periodicInMs = this.#emitPeriodically(moment);
    for (const task of this.#tasks) {
      if (task.processingTimers.nextTimeMs > nowMs) continue;
      activity.work(() => `firing timers of "${task.name}"`, () => task.advanceProcessingTime(nowMs));
    }
    const full = this.#isFull();
    for (const task of this.#asyncTasks) {
      activity.work(() => `giving results of "${task.name}"`, () => task.emitReady());
    }
    const roomAgain = full && !this.#isFull();
    let idleInMs = Number.POSITIVE_INFINITY;
    for (const source of this.#sources) idleInMs = Math.min(idleInMs, source.checkIdleness(monotonicMs));
    return { roomAgain, nextInMs: Math.min(idleInMs, silence.tick(monotonicMs), periodicInMs) };
  }

  async #poll({ node, reader }: SourceTask, arrival: number): Promise<void> {
    const polled = reader.poll(arrival);
    if (polled === undefined) return;
    await this.#activity.wait(`source "${node.name}" to look for records`, () => unlessLost(this.#session, polled));
  }

  async #commit(): Promise<void> {
    await this.#flushed();
    await this.#activity.wait("the commit", () => this.#commits.commit());
  }

  #isFull(): boolean {
    return this.#asyncTasks.some(({ operator }) => operator.pendingResults!.full);
  }

  /** @returns ms until it is due again, +∞ if no generator asks for it */
  #emitPeriodically({ nowMs, monotonicMs }: Moment): number {
    const sources = this.#sources.filter(({ periodic }) => periodic);
    const tasks = this.#tasks.filter(({ operator }) => operator.onPeriodicEmit !== undefined);
    if (sources.length + tasks.length === 0) return Number.POSITIVE_INFINITY;
    const inMs = this.#lastPeriodicMs + PERIODIC_EMIT_MS - monotonicMs;
    if (inMs > 0) return inMs;
    this.#lastPeriodicMs = monotonicMs;
    for (const source of sources) source.emitPeriodically(nowMs);
    for (const task of tasks) task.emitPeriodically(nowMs);
    return PERIODIC_EMIT_MS;
  }

  /**
   * Hands over what there is to go out. The job goes on meanwhile: waiting for a broker to take each slice's output was an eighth
   * of its time.
   */
  async #flush(): Promise<void> {
    await flushSinks(this.#parts.writers, this.#activity);
    const session = this.#session;
    if (session === undefined || session.pendingRecords === 0) return;
    if (this.#options.delivery === "at-least-once" || session.pendingRecords >= SLICE_RECORDS) {
      await this.#flushed();
      const { faultPoint } = this.#options;
      faultPoint?.("flush: before the store");
      const flushing = (async () => {
        await unlessLost(session, session.flush());
        faultPoint?.("flush: done");
      })();
      // Whoever waits for it next hears of it.
      flushing.catch(() => {});
      this.#flushing = flushing;
    }
  }

  /** Resolves when no flush is under way. */
  async #flushed(): Promise<void> {
    const flushing = this.#flushing;
    if (flushing === undefined) return;
    await this.#activity.wait(`${nameOf(this.#options.store)} to take output`, () => flushing);
    this.#flushing = undefined;
  }

  async #sleep(ms: number): Promise<void> {
    if (this.#woken || this.#options.signal.aborted || this.#session?.lost.aborted) return;
    const { clock, signal } = this.#options;
    const controller = new AbortController();
    // With a reason, as without one each call makes an error with its stack.
    const stop = () => controller.abort("woken");
    this.#wake = stop;
    signal.addEventListener("abort", stop);
    this.#session?.lost.addEventListener("abort", stop);
    await clock.sleep(Math.min(ms, 60_000), controller.signal);
    this.#wake = () => {};
    signal.removeEventListener("abort", stop);
    this.#session?.lost.removeEventListener("abort", stop);
  }
}

/** Lets timers, signals and the broker's answers have their turn. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
