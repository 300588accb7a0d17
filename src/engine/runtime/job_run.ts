import { formatOrigin, JobError } from "../errors.ts";
import { nodesAbove, type StreamGraph } from "../graph.ts";
import type { DeadLetter, JobSession, SplitPosition, StateChange } from "../job_store.ts";
import { formatTime, MAX_WATERMARK, MIN_WATERMARK } from "../record.ts";
import type { Json, StartingPoint } from "../source.ts";
import { Changes } from "../state/changes.ts";
import type { StateVersions } from "../state/keyed_state_backend.ts";
import { PERIODIC_EMIT_MS } from "../time/watermark_strategy.ts";
import { type Books, booksOf } from "./books.ts";
import { Intake } from "./intake.ts";
import type { JobRunOptions } from "./options.ts";
import { Progress } from "./progress.ts";
import type { Shared } from "./shared.ts";
import {
  JOB_ENTRY,
  type JobRecord,
  sinkEntry,
  Snapshot,
  splitEntry,
  type SplitRecord,
  takeNonRestored,
} from "./snapshot.ts";
import { Silence } from "./silence.ts";
import type { SourceTask } from "./source_task.ts";
import type { Task } from "./task.ts";
import { wire, type Wired } from "./wiring.ts";

/** Records between two looks at the outside world; some ms of work. */
const SLICE_RECORDS = 2_000;
/** Output that waits in memory for its commit; more brings the commit forward. */
const MAX_PENDING_RECORDS = 20_000;

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
  readonly #shared: Shared;
  readonly #changes = new Changes();
  readonly #sources: SourceTask[] = [];
  readonly #tasks: Task[] = [];
  readonly #writers: Wired["writers"] = [];
  /** Tasks whose records may still be at work when they have left the others behind. */
  #laterTasks: readonly Task[] = [];
  /** Entries of splits and sinks. */
  readonly #committed = new Map<string, string>();
  #committedJob = "";
  /** Entries of operators that the job no longer has, for the next commit to delete. */
  #nonRestored: readonly string[] = [];
  #bounds: JobRecord["bounds"] = null;
  /** `JobRecord.ahead` as it was restored. */
  #ahead: ReadonlyMap<string, number> = new Map();
  #finishedAtMs: number | null = null;
  #lastCommitMs = 0;
  #lastPeriodicMs = Number.NEGATIVE_INFINITY;
  #outputCommitted = false;
  #deadLetters = 0;
  /** When records died within the last minute, ms; kept only if there is a limit. */
  #deadTimes: number[] = [];
  #wake: () => void = () => {};
  #woken = false;
  readonly #ended = new AbortController();

  constructor(graph: StreamGraph, options: JobRunOptions, session: JobSession | undefined, attempt: number) {
    this.#graph = graph;
    this.#options = options;
    this.#session = session;
    this.#shared = {
      clock: options.clock,
      changes: this.#changes,
      current: undefined,
      onError: options.onError,
      deadLetter: (letter) => {
        const kept = session !== undefined && options.onError === "dead-letter";
        this.#logDeadLetter(letter, kept ? `kept in "${session.deadLetters}"` : this.#whyDropped());
        if (kept) session.deadLetter({ ...letter, attempt });
        this.#checkDeadRate(letter);
      },
      wake: () => {
        this.#woken = true;
        this.#wake();
      },
      signal: this.#ended.signal,
    };
  }

  /** @param standbySinceMs when this instance began to wait for another one, if it did */
  async run(standbySinceMs: number | undefined): Promise<JobRunEnd> {
    const { clock, logger, bounded, signal, jobName, faultPoint } = this.#options;
    faultPoint?.("restore: before the last commit is read");
    const snapshot = this.#takeSnapshot(await this.#session?.restore() ?? new Map());
    faultPoint?.("restore: the last commit is read");
    const finishedAtMs = snapshot.job?.finishedAtMs ?? null;
    if (bounded && standbySinceMs !== undefined && finishedAtMs !== null && finishedAtMs >= standbySinceMs) {
      return "finished elsewhere";
    }
    snapshot.checkFits(jobName, this.#graph);
    try {
      await this.#open(snapshot);
      faultPoint?.("restore: sources, sinks and state are open");
      await this.#commit();
      for (const { reader } of this.#sources) reader.start();
      for (const source of this.#sources) source.start();
      for (const task of this.#tasks) task.start();
      this.#laterTasks = this.#tasks.filter(({ operator }) => operator.later !== undefined);
      const intake = new Intake(
        this.#sources.flatMap(({ splits }) => splits),
        this.#laterTasks.length === 0 ? undefined : () => this.#isFull(),
      );
      const progress = new Progress(jobName, this.#sources, this.#tasks, clock, logger);
      return await this.#loop(intake, progress, signal);
    } finally {
      this.#ended.abort();
      await Promise.allSettled([
        ...this.#sources.map(({ reader }) => reader.close()),
        ...this.#writers.map(({ writer }) => writer.close?.()),
        ...this.#tasks.map(async ({ operator }) => await operator.close?.()),
      ]);
    }
  }

  /** What came in, went out and stayed. */
  books(): Books {
    return booksOf(this.#sources, this.#tasks);
  }

  async #open(snapshot: Snapshot): Promise<void> {
    const { logger, jobName, from, bounded } = this.#options;
    const start = snapshot.job === undefined
      ? `starts ${describeFrom(from)}`
      : "goes on from its last commit (--from is for a first start)";
    if (this.#session !== undefined) logger.info(`${jobName}: ${start}`);
    const opened = { sources: this.#sources, tasks: this.#tasks, writers: this.#writers };
    await wire(this.#graph, this.#options, this.#session, snapshot, this.#shared, opened);
    for (const { uid } of this.#writers) {
      const restored = snapshot.sink(uid);
      if (restored !== undefined) this.#committed.set(sinkEntry(uid), JSON.stringify(restored));
    }
    if (bounded) this.#bounds = this.#readBounds();
    this.#ahead = snapshot.ahead(bounded);
    this.#options.onWired?.({ sources: this.#sources, tasks: this.#tasks, shared: this.#shared });
  }

  /** Apart, so that the entries are not kept while the job runs. */
  #takeSnapshot(entries: Map<string, string>): Snapshot {
    if (this.#options.allowNonRestoredState) {
      const { logger, jobName } = this.#options;
      const taken = takeNonRestored(entries, this.#graph);
      for (const [uid, { length }] of taken) {
        const what = `${length} entr${length === 1 ? "y" : "ies"}`;
        logger.warn(`${jobName}: drops the state of "${uid}" (${what}), which the job no longer has`);
      }
      this.#nonRestored = [...taken.values()].flat();
    }
    return new Snapshot(entries);
  }

  #readBounds(): JobRecord["bounds"] {
    return Object.fromEntries(
      this.#sources.map(({ node, splits }) => [
        node.uid,
        Object.fromEntries(splits.flatMap(({ split }) => split.bound === undefined ? [] : [[split.id, split.bound]])),
      ]),
    );
  }

  async #loop(intake: Intake, progress: Progress, signal: AbortSignal): Promise<JobRunEnd> {
    const { clock } = this.#options;
    const silence = new Silence(this.#sources, this.#tasks, this.#options.closeIdleMs);
    for (;;) {
      if (signal.aborted) {
        await this.#commit();
        return "stopped";
      }
      this.#session?.lost.throwIfAborted();
      this.#woken = false;
      for (const { reader } of this.#sources) await this.#unlessLost(reader.poll());
      const taken = intake.run(SLICE_RECORDS);
      const now = clock.now();
      const periodicInMs = this.#emitPeriodically(now);
      for (const task of this.#tasks) task.advanceProcessingTime(now);
      const full = this.#isFull();
      for (const task of this.#laterTasks) task.giveReady();
      const roomAgain = full && !this.#isFull();
      let idleInMs = Number.POSITIVE_INFINITY;
      for (const source of this.#sources) idleInMs = Math.min(idleInMs, source.checkIdleness(now));
      idleInMs = Math.min(idleInMs, silence.tick(now), periodicInMs);
      if (
        this.#sources.every(({ ended }) => ended) &&
        this.#laterTasks.every(({ operator }) => operator.later!.pending === 0)
      ) {
        await this.#finish();
        return "finished";
      }
      await this.#flush();
      const commitInMs = this.#lastCommitMs + this.#options.commitIntervalMs - clock.now();
      const pending = this.#session?.pendingRecords ?? 0;
      // The first output is committed at once: somebody may be waiting for a sign of life.
      const urgent = pending >= MAX_PENDING_RECORDS || (pending > 0 && !this.#outputCommitted);
      const changed = this.#hasChanged();
      if (changed && (commitInMs <= 0 || urgent)) await this.#commit();
      progress.tick(now);
      if (taken > 0 || roomAgain) await nextTurn();
      else {
        const timerInMs = Math.min(
          ...this.#tasks.map(({ processingTimers }) => processingTimers.nextTimeMs),
          ...this.#laterTasks.map(({ operator }) => operator.later!.nextTimeMs),
        ) - now;
        const commitDueMs = changed ? Math.max(commitInMs, 0) : Number.POSITIVE_INFINITY;
        await this.#sleep(Math.min(idleInMs, progress.nextTickMs(now), commitDueMs, Math.max(timerInMs, 0)));
      }
    }
  }

  /** All records are through: fires what is left, and commits as if event time had stayed where it really is. */
  async #finish(): Promise<void> {
    for (const source of this.#sources) source.end();
    this.#bounds = null;
    if (this.#options.bounded) this.#finishedAtMs = this.#options.clock.now();
    await this.#commit();
  }

  #isFull(): boolean {
    return this.#laterTasks.some(({ operator }) => operator.later!.full);
  }

  /** @returns ms until it is due again, +∞ if no generator asks for it */
  #emitPeriodically(now: number): number {
    const sources = this.#sources.filter(({ periodic }) => periodic);
    const tasks = this.#tasks.filter(({ operator }) => operator.onPeriodicEmit !== undefined);
    if (sources.length + tasks.length === 0) return Number.POSITIVE_INFINITY;
    if (now < this.#lastPeriodicMs + PERIODIC_EMIT_MS) return this.#lastPeriodicMs + PERIODIC_EMIT_MS - now;
    this.#lastPeriodicMs = now;
    for (const source of sources) source.emitPeriodically(now);
    for (const task of tasks) task.emitPeriodically(now);
    return PERIODIC_EMIT_MS;
  }

  async #flush(): Promise<void> {
    for (const { writer } of this.#writers) await writer.flush?.();
    const session = this.#session;
    if (session === undefined || session.pendingRecords === 0) return;
    if (this.#options.delivery === "at-least-once" || session.pendingRecords >= SLICE_RECORDS) {
      this.#options.faultPoint?.("flush: before the store");
      await this.#unlessLost(session.flush());
      this.#options.faultPoint?.("flush: done");
    }
  }

  #hasChanged(): boolean {
    if (!this.#changes.isEmpty || (this.#session?.pendingRecords ?? 0) > 0) return true;
    return this.#sources.some(({ node, splits }) =>
      splits.some((task) => this.#committed.get(splitEntry(node.uid, task.split.id)) !== splitText(task))
    );
  }

  async #commit(): Promise<void> {
    const { faultPoint } = this.#options;
    for (const { state } of this.#tasks) state.dropExpired();
    faultPoint?.("commit: before the sinks");
    for (const { writer } of this.#writers) await writer.flush?.();
    faultPoint?.("commit: the sinks are flushed");
    const changes = await this.#prepareSinks();
    for (const entry of this.#nonRestored) changes.push([entry, null]);
    this.#nonRestored = [];
    faultPoint?.("commit: the sinks are prepared");
    const positions = this.#takePositions(changes);
    const job = JSON.stringify(this.#jobRecord());
    if (job !== this.#committedJob) changes.push([JOB_ENTRY, job]);
    this.#committedJob = job;
    const pending = this.#session?.pendingRecords ?? 0;
    if (changes.length > 0 || pending > 0 || !this.#changes.isEmpty) {
      faultPoint?.("commit: before the store");
      if (this.#session === undefined) this.#changes.forget();
      else await this.#unlessLost(this.#session.commit(concat(this.#changes.drain(), changes), positions));
      faultPoint?.("commit: the store has it");
      for (const { writer } of this.#writers) await writer.committed?.();
      faultPoint?.("commit: the sinks know");
    }
    this.#outputCommitted ||= pending > 0;
    this.#lastCommitMs = this.#options.clock.now();
  }

  /** @returns what sinks that keep their output themselves have to remember */
  async #prepareSinks(): Promise<StateChange[]> {
    const changes: StateChange[] = [];
    for (const { uid, writer } of this.#writers) {
      const value = await writer.prepareCommit?.();
      const entry = sinkEntry(uid);
      const text = value === undefined ? undefined : JSON.stringify(value);
      if (this.#committed.get(entry) === text) continue;
      changes.push([entry, text ?? null]);
      if (text === undefined) this.#committed.delete(entry);
      else this.#committed.set(entry, text);
    }
    return changes;
  }

  /** Adds to `changes` how far the splits have come, and gives it for tools. */
  #takePositions(changes: StateChange[]): SplitPosition[] {
    const positions: SplitPosition[] = [];
    for (const { node, splits } of this.#sources) {
      for (const task of splits) {
        const entry = splitEntry(node.uid, task.split.id);
        const text = splitText(task);
        if (this.#committed.get(entry) === text) continue;
        changes.push([entry, text]);
        this.#committed.set(entry, text);
        positions.push({ source: node.uid, split: task.split.id, position: task.split.position });
      }
    }
    return positions;
  }

  #jobRecord(): JobRecord {
    const watermarks: Record<string, number> = {};
    const aheadMs: Record<string, number> = {};
    const real = new Map<unknown, number>();
    // Nodes below a bound that has been reached: there event time may have moved on without a record.
    const ahead = new Set<unknown>();
    for (const source of this.#sources) {
      real.set(source.node, source.realWatermarkMs());
      if (source.splits.some(({ finished }) => finished)) ahead.add(source.node);
    }
    for (const task of this.#tasks) {
      const above = nodesAbove(task.node);
      const { uid } = task.node;
      // Before the first record it is known from the last commit only.
      const limited = this.#ahead.has(uid) || above.some((node) => ahead.has(node));
      if (limited) ahead.add(task.node);
      const ms = task.realWatermarkMs(limited ? Math.min(...above.map((node) => real.get(node)!)) : MAX_WATERMARK);
      real.set(task.node, ms);
      const { watermarkMs } = task.output;
      if (!task.passive && watermarkMs > ms && watermarkMs !== MAX_WATERMARK) aheadMs[uid] = watermarkMs;
    }
    for (const [node, ms] of real) {
      if (ms !== MIN_WATERMARK && ms !== MAX_WATERMARK) watermarks[(node as { uid: string }).uid] = ms;
    }
    const stamps: Record<string, Record<string, string>> = {};
    const versions: Record<string, StateVersions> = {};
    for (const { node, operator, state } of this.#tasks) {
      const stamp = operator.stamps?.();
      if (stamp !== undefined) stamps[node.uid] = stamp;
      const version = state.versions();
      if (Object.keys(version).length > 0) versions[node.uid] = version;
    }
    const bounds = this.#bounds;
    const isAhead = bounds !== null && Object.keys(aheadMs).length > 0;
    return {
      format: 1,
      watermarks,
      ...(isAhead && { ahead: aheadMs }),
      stamps,
      versions,
      bounds,
      finishedAtMs: this.#finishedAtMs,
    };
  }

  /** A broker that is away may answer late or never: what this instance must not do any more, it does not wait for either. */
  #unlessLost<T>(work: Promise<T> | undefined): Promise<T> | undefined {
    const lost = this.#session?.lost;
    if (work === undefined || lost === undefined) return work;
    return new Promise<T>((resolve, reject) => {
      const giveUp = () => reject(lost.reason);
      if (lost.aborted) giveUp();
      lost.addEventListener("abort", giveUp);
      work.then(resolve, reject).finally(() => lost.removeEventListener("abort", giveUp));
    });
  }

  async #sleep(ms: number): Promise<void> {
    if (this.#woken || this.#options.signal.aborted || this.#session?.lost.aborted) return;
    const { clock, signal } = this.#options;
    const controller = new AbortController();
    const stop = () => controller.abort();
    this.#wake = stop;
    signal.addEventListener("abort", stop);
    this.#session?.lost.addEventListener("abort", stop);
    await clock.sleep(Math.min(ms, 60_000), controller.signal);
    this.#wake = () => {};
    signal.removeEventListener("abort", stop);
    this.#session?.lost.removeEventListener("abort", stop);
  }

  #logDeadLetter(letter: Omit<DeadLetter, "attempt">, fate: string): void {
    this.#deadLetters++;
    const { logger, jobName } = this.#options;
    const shown = 10;
    if (this.#deadLetters <= shown) logger.warn(`${jobName}: ${describeLetter(letter)}; ${fate}`);
    if (this.#deadLetters === shown) logger.warn(`${jobName}: further bad records are counted, not shown`);
  }

  #whyDropped(): string {
    return this.#options.onError === "skip" ? "it is skipped" : "it is dropped, as the job has no store";
  }

  /** @throws {JobError} if there are more than the job stands */
  #checkDeadRate(letter: Omit<DeadLetter, "attempt">): void {
    const { maxDeadPerMinute, clock, jobName } = this.#options;
    if (maxDeadPerMinute === Number.POSITIVE_INFINITY) return;
    const now = clock.now();
    this.#deadTimes = [...this.#deadTimes.filter((ms) => ms > now - 60_000), now];
    if (this.#deadTimes.length <= maxDeadPerMinute) return;
    throw new JobError(
      `Cannot go on with job "${jobName}": more than ${maxDeadPerMinute} records within a minute could not be processed; the last one: ${
        describeLetter(letter)
      }`,
    );
  }
}

/** `counts: TypeError: no such traveller, at "skyone" partition 3 offset 1204` */
function describeLetter({ operator, errorClass, message, origin }: Omit<DeadLetter, "attempt">): string {
  // What could not be decoded says by itself where it lies.
  const place = origin === undefined || message.includes(formatOrigin(origin)) ? "" : `, at ${formatOrigin(origin)}`;
  const what = errorClass === "RecordError" || errorClass === "LateRecord" ? message : `${errorClass}: ${message}`;
  return `${operator}: ${what}${place}`;
}

function* concat<T>(first: Iterable<T>, second: Iterable<T>): Generator<T> {
  yield* first;
  yield* second;
}

function splitText({ split, watermarkMs }: { split: { position: Json }; watermarkMs: number }): string {
  const record: SplitRecord = watermarkMs === MIN_WATERMARK
    ? { position: split.position }
    : { position: split.position, watermark: watermarkMs };
  return JSON.stringify(record);
}

function describeFrom(from: StartingPoint): string {
  if (from === "earliest") return "at the oldest records";
  return from === "latest" ? "behind the newest records" : `at records of ${formatTime(from)}`;
}

/** Lets timers, signals and the broker's answers have their turn. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
