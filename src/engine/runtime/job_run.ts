import { Progress } from "../reporting/progress.ts";
import { abortedBy } from "./aborted_by.ts";
import type { Attempt } from "./attempt.ts";
import { Commits, flushSinks } from "./commits.ts";
import { Intake } from "./intake.ts";
import { OutputFlush } from "./output_flush.ts";
import { PassingTime } from "./passing_time.ts";
import type { RestoredCommit } from "./restore.ts";
import type { RunningJob } from "./running_job.ts";
import type { SourceTask } from "./source_task.ts";

/** Records between two looks at the outside world; some ms of work. A slow function ends the slice earlier, see `Slices`. */
const SLICE_RECORDS = 2_000;
/** Output that waits in memory for its commit; more brings the commit forward. */
const MAX_PENDING_RECORDS = 50_000;

/** How a run came to its end. */
export type JobRunEnd = "finished" | "finished elsewhere" | "stopped";

/**
 * A running job at work: round by round it takes records, lets time pass, sends output and commits, until the end, a stop or an
 * error. An error leaves nothing behind but the last commit.
 */
export class JobRun {
  readonly job: RunningJob;
  readonly #attempt: Attempt;
  readonly #commits: Commits;
  readonly #flush: OutputFlush;
  readonly #time: PassingTime;
  readonly #intake: Intake;
  #storedAtStart = Number.POSITIVE_INFINITY;

  /** @param restored the commit that the job was opened with */
  constructor(job: RunningJob, restored: RestoredCommit) {
    this.job = job;
    this.#attempt = job.attempt;
    this.#commits = new Commits(job, restored);
    this.#flush = new OutputFlush(job.attempt);
    this.#time = new PassingTime(job);
    const { slices } = job.attempt;
    const isFull = job.asyncTasks.length === 0 ? () => slices.isPaused : () => job.isFull;
    this.#intake = new Intake(job.sources.flatMap(({ splits }) => splits), isFull);
  }

  /** Whether it has committed more than where it began. */
  get madeProgress(): boolean {
    return this.#commits.stored > this.#storedAtStart;
  }

  /** Commits where the job begins, and works to the end. */
  async run(): Promise<JobRunEnd> {
    const { slices, options: { clock, logger } } = this.#attempt;
    await this.#commit();
    this.#storedAtStart = this.#commits.stored;
    slices.begin();
    this.job.start();
    const progress = new Progress(this.job.view, { clock, logger });
    let end: JobRunEnd | undefined;
    while (end === undefined) end = await this.#round(progress);
    return end;
  }

  /** @returns how the job came to its end, if it did */
  async #round(progress: Progress): Promise<JobRunEnd | undefined> {
    const { session, clock, activity, waker, slices, options: { signal } } = this.#attempt;
    if (signal.aborted) return await this.#stop();
    session?.lost.throwIfAborted();
    waker.clear();
    this.#goOn();
    const taken = slices.isPaused ? 0 : await this.#takeRecords();
    const moment = { nowMs: clock.now(), monotonicMs: clock.monotonicMs() };
    const { roomAgain, nextInMs } = activity.work("firing timers", () => this.#time.advance(moment));
    if (this.job.isDone) {
      this.job.endSinks();
      await this.#flush.done();
      await activity.wait("the commit", () => this.#commits.finish());
      return "finished";
    }
    await this.#sendOutput();
    const commitInMs = await this.#commitIfDue();
    progress.tick(moment.monotonicMs);
    if (taken > 0 || roomAgain || slices.isPaused) {
      await nextTurn();
      return undefined;
    }
    const reportInMs = progress.nextTickMs(moment.monotonicMs);
    const sleepMs = Math.min(nextInMs, reportInMs, commitInMs, this.#time.nextTimerInMs(moment));
    await activity.rest(() => waker.sleep(sleepMs, session === undefined ? [signal] : [signal, session.lost]));
    return undefined;
  }

  async #stop(): Promise<JobRunEnd> {
    await this.#settle();
    if (this.#attempt.options.drain) {
      this.job.endSources();
      await this.#settle();
      this.job.endSinks();
    }
    await this.#commit();
    return "stopped";
  }

  /** Goes on with what was put off, for one slice. */
  #goOn(): void {
    const { slices, activity } = this.#attempt;
    if (!slices.isPaused) return;
    slices.begin();
    activity.work("firing timers", () => slices.goOn());
  }

  /** Does all that was put off. */
  async #settle(): Promise<void> {
    const { slices, session } = this.#attempt;
    while (slices.isPaused) {
      session?.lost.throwIfAborted();
      this.#goOn();
      await this.#sendOutput();
      await nextTurn();
    }
  }

  async #sendOutput(): Promise<void> {
    await flushSinks(this.job.sinks, this.#attempt.activity);
    await this.#flush.begin();
  }

  /** @returns how many */
  async #takeRecords(): Promise<number> {
    const { slices, activity } = this.#attempt;
    const { arrival } = this.#intake;
    for (const source of this.job.sources) await this.#poll(source, arrival);
    slices.begin();
    return activity.work("taking records", () => {
      const taken = this.#intake.run(SLICE_RECORDS, () => {
        this.job.noteKeys();
        return slices.isOver();
      });
      this.job.noteKeys();
      return taken;
    });
  }

  async #poll({ node, reader }: SourceTask, arrival: number): Promise<void> {
    const polled = reader.poll(arrival);
    if (polled === undefined) return;
    const { session, activity } = this.#attempt;
    await activity.wait(`source "${node.name}" to look for records`, () => abortedBy(session?.lost, polled));
  }

  /** @returns ms until the next one is due, +∞ if there is nothing to commit */
  async #commitIfDue(): Promise<number> {
    const { session, clock, slices, options: { commitIntervalMs } } = this.#attempt;
    if (slices.isPaused || !this.#commits.isDue) return Number.POSITIVE_INFINITY;
    const inMs = this.#commits.lastMs + commitIntervalMs - clock.monotonicMs();
    const pending = session?.pendingRecords ?? 0;
    // The first output is committed at once: somebody may be waiting for a sign of life.
    const urgent = pending >= MAX_PENDING_RECORDS || (pending > 0 && !this.#commits.hadOutput);
    if (inMs <= 0 || urgent) await this.#commit();
    return Math.max(inMs, 0);
  }

  async #commit(): Promise<void> {
    await this.#flush.done();
    await this.#attempt.activity.wait("the commit", () => this.#commits.commit());
  }
}

/** Lets timers, signals and the broker's answers have their turn. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
