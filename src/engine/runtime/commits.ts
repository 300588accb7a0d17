import {
  COMMIT_FORMAT,
  CommitEntryError,
  JOB_ENTRY,
  type JobRecord,
  jobText,
  sinkEntry,
  sinkText,
  splitEntry,
  splitText,
  type StateVersions,
} from "../commit_format.ts";
import { isExpected, isRetriable, JobError, OperatorError } from "../errors.ts";
import { nodesAbove, type StreamGraph } from "../graph.ts";
import { type JobSession, nameOf, type StateChange } from "../job_store.ts";
import { MAX_WATERMARK, MIN_WATERMARK } from "../record.ts";
import type { Position } from "../source.ts";
import type { Changes } from "../state/changes.ts";
import type { Activity } from "../reporting/activity.ts";
import { checkBooks } from "./book_rules.ts";
import type { JobRunOptions } from "./job_options.ts";
import { Snapshot, takeNonRestored } from "./snapshot.ts";
import type { SplitTask } from "./split_task.ts";
import { unlessLost } from "./unless_lost.ts";
import type { Wired } from "./wiring.ts";

/** What one attempt of a job stores, and what it finds stored: positions, state, timers and event time, as one. */
export class Commits {
  /** When the last one happened, ms of the monotonic clock. */
  lastMs = 0;
  /** Whether one had output in it. */
  hadOutput = false;
  /** How many the store has taken. */
  stored = 0;
  readonly #options: JobRunOptions;
  readonly #session: JobSession | undefined;
  readonly #changes: Changes;
  readonly #parts: Wired;
  readonly #activity: Activity;
  /** Entries of splits and sinks. */
  readonly #committed = new Map<string, string>();
  #committedJob = "";
  /** Entries of operators that the job no longer has, for the next commit to delete. */
  #nonRestored: readonly string[] = [];
  #bounds: JobRecord["bounds"] = null;
  /** `JobRecord.ahead` as it was restored. */
  #ahead: ReadonlyMap<string, number> = new Map();
  #finishedAtMs: number | null = null;

  /** @param parts those of the attempt; they may come later than this */
  constructor(
    options: JobRunOptions,
    session: JobSession | undefined,
    changes: Changes,
    parts: Wired,
    activity: Activity,
  ) {
    this.#options = options;
    this.#session = session;
    this.#changes = changes;
    this.#parts = parts;
    this.#activity = activity;
  }

  /** The last commit. */
  async restore(graph: StreamGraph): Promise<Snapshot> {
    const { faultPoint } = this.#options;
    faultPoint?.("restore: before the last commit is read");
    try {
      const snapshot = this.#takeSnapshot(await this.#session?.restore() ?? new Map(), graph);
      faultPoint?.("restore: the last commit is read");
      return snapshot;
    } catch (error) {
      if (!(error instanceof CommitEntryError)) throw error;
      const place = await this.#session?.whereIs?.(error.entry);
      throw new JobError(
        `Cannot restore job "${this.#options.jobName}": ${error.message}${
          place === undefined ? "" : ` at ${place}`
        }; ` +
          "import a savepoint, or forget the commit with --reset",
      );
    }
  }

  /** To be told when the parts are there, opened with what is in the snapshot. */
  opened(snapshot: Snapshot): void {
    for (const { uid } of this.#parts.writers) {
      const restored = snapshot.sink(uid);
      if (restored !== undefined) this.#committed.set(sinkEntry(uid), sinkText(restored));
    }
    const { bounded } = this.#options;
    if (bounded) this.#bounds = this.#readBounds();
    this.#ahead = snapshot.ahead(bounded);
  }

  /** Whether there is anything to commit. */
  get isDue(): boolean {
    if (!this.#changes.isEmpty || (this.#session?.pendingRecords ?? 0) > 0) return true;
    return this.#parts.sources.some(({ node, splits }) =>
      splits.some((task) => this.#committed.get(splitEntry(node.uid, task.split.id)) !== textOf(task))
    );
  }

  /** The commit at the end of all sources: event time is stored as if it had stayed where it really is. */
  async finish(): Promise<void> {
    this.#bounds = null;
    if (this.#options.bounded) this.#finishedAtMs = this.#options.clock.now();
    await this.commit();
  }

  /** @throws {Error} if the books do not balance */
  async commit(): Promise<void> {
    const { faultPoint } = this.#options;
    checkBooks(this.#parts.sources, this.#parts.tasks);
    for (const { state } of this.#parts.tasks) state.dropExpired();
    faultPoint?.("commit: before the sinks");
    await flushSinks(this.#parts.writers, this.#activity);
    faultPoint?.("commit: the sinks are flushed");
    const changes = await this.#prepareSinks();
    for (const entry of this.#nonRestored) changes.push([entry, null]);
    this.#nonRestored = [];
    faultPoint?.("commit: the sinks are prepared");
    const positions = this.#takePositions(changes);
    const job = jobText(this.#jobRecord());
    if (job !== this.#committedJob) changes.push([JOB_ENTRY, job]);
    this.#committedJob = job;
    const pending = this.#session?.pendingRecords ?? 0;
    if (changes.length > 0 || pending > 0 || !this.#changes.isEmpty) {
      faultPoint?.("commit: before the store");
      await this.#store(changes, positions);
      this.stored++;
      faultPoint?.("commit: the store has it");
      for (const { name, writer } of this.#parts.writers) {
        await this.#activity.wait(() => `sink "${name}" to take note of the commit`, () => writer.committed?.());
      }
      faultPoint?.("commit: the sinks know");
    }
    this.hadOutput ||= pending > 0;
    this.lastMs = this.#options.clock.monotonicMs();
  }

  async #store(changes: readonly StateChange[], positions: readonly Position[]): Promise<void> {
    const session = this.#session;
    if (session === undefined) this.#changes.forget();
    else {
      await this.#activity.wait(
        () => `${nameOf(this.#options.store)} to commit`,
        () => unlessLost(session, session.commit({ changes: concat(this.#changes.drain(), changes), positions })),
      );
    }
  }

  /** Apart, so that the entries are not kept while the job runs. */
  #takeSnapshot(entries: Map<string, string>, graph: StreamGraph): Snapshot {
    if (this.#options.allowNonRestoredState) {
      const { logger, jobName } = this.#options;
      const taken = takeNonRestored(entries, graph);
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
      this.#parts.sources.map(({ node, splits }) => [
        node.uid,
        Object.fromEntries(splits.flatMap(({ split }) => split.bound === undefined ? [] : [[split.id, split.bound]])),
      ]),
    );
  }

  /** @returns what sinks that keep their output themselves have to remember */
  async #prepareSinks(): Promise<StateChange[]> {
    const changes: StateChange[] = [];
    for (const { uid, name, writer } of this.#parts.writers) {
      const value = await this.#activity.wait(
        () => `sink "${name}" to prepare the commit`,
        () => writer.prepareCommit?.(),
      );
      const entry = sinkEntry(uid);
      const text = value === undefined ? undefined : sinkText(value);
      if (this.#committed.get(entry) === text) continue;
      changes.push([entry, text ?? null]);
      if (text === undefined) this.#committed.delete(entry);
      else this.#committed.set(entry, text);
    }
    return changes;
  }

  /** Adds to `changes` how far the splits have come. @returns the same of topics, for tools */
  #takePositions(changes: StateChange[]): Position[] {
    const positions: Position[] = [];
    for (const { node, splits } of this.#parts.sources) {
      for (const task of splits) {
        const entry = splitEntry(node.uid, task.split.id);
        const text = textOf(task);
        if (this.#committed.get(entry) === text) continue;
        changes.push([entry, text]);
        this.#committed.set(entry, text);
        const { topicPosition } = task.split;
        if (topicPosition !== undefined) positions.push(topicPosition);
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
    for (const source of this.#parts.sources) {
      real.set(source.node, source.realWatermarkMs());
      if (source.ended || source.splits.some(({ finished }) => finished)) ahead.add(source.node);
    }
    for (const task of this.#parts.tasks) {
      const above = nodesAbove(task.node);
      const { uid } = task.node;
      // Before the first record it is known from the last commit only.
      const limited = this.#ahead.has(uid) || above.some((node) => ahead.has(node));
      if (limited) ahead.add(task.node);
      const ms = task.realWatermarkMs(limited ? Math.min(...above.map((node) => real.get(node)!)) : MAX_WATERMARK);
      real.set(task.node, ms);
      const { watermarkMs } = task.output;
      if (!task.ignoresTime && watermarkMs > ms && watermarkMs !== MAX_WATERMARK) aheadMs[uid] = watermarkMs;
    }
    for (const [node, ms] of real) {
      if (ms !== MIN_WATERMARK && ms !== MAX_WATERMARK) watermarks[(node as { uid: string }).uid] = ms;
    }
    const compatibility: Record<string, Record<string, string>> = {};
    const versions: Record<string, StateVersions> = {};
    for (const { node, operator, state } of this.#parts.tasks) {
      const dependsOn = operator.stamps?.();
      if (dependsOn !== undefined) compatibility[node.uid] = dependsOn;
      const version = state.versions();
      if (Object.keys(version).length > 0) versions[node.uid] = version;
    }
    const bounds = this.#bounds;
    const isAhead = bounds !== null && Object.keys(aheadMs).length > 0;
    return {
      format: COMMIT_FORMAT,
      watermarks,
      ...(isAhead && { ahead: aheadMs }),
      compatibility,
      versions,
      bounds,
      finishedAtMs: this.#finishedAtMs,
    };
  }
}

/** @throws {OperatorError} with the sink's name if what it gives out fails, and no record is to blame any more */
export async function flushSinks(writers: Wired["writers"], activity: Activity): Promise<void> {
  for (const { name, writer } of writers) {
    try {
      await activity.wait(() => `sink "${name}" to write`, () => writer.flush?.());
    } catch (error) {
      const isNamed = error instanceof OperatorError;
      throw isNamed || isExpected(error) || isRetriable(error) ? error : new OperatorError(name, error, undefined);
    }
  }
}

function* concat<T>(first: Iterable<T>, second: Iterable<T>): Generator<T> {
  yield* first;
  yield* second;
}

function textOf({ split, watermarkMs }: Pick<SplitTask, "split" | "watermarkMs">): string {
  const { position, identity } = split;
  return splitText({
    position,
    ...watermarkMs !== MIN_WATERMARK && { watermark: watermarkMs },
    ...identity !== undefined && { identity },
  });
}
