import { JOB_ENTRY, type JobRecord, jobText, sinkEntry, sinkText, splitEntry, splitText } from "../commit_format.ts";
import { isExpected, isRetriable } from "../error_codes.ts";
import { OperatorError } from "../errors.ts";
import { nameOf, type StateChange } from "../job_store.ts";
import { MIN_WATERMARK } from "../record.ts";
import type { Activity } from "../reporting/activity.ts";
import type { Json, Position } from "../source.ts";
import { abortedBy } from "./aborted_by.ts";
import type { Attempt } from "./attempt.ts";
import { checkBooks } from "./book_rules.ts";
import { jobRecord } from "./job_record.ts";
import type { RestoredCommit } from "./restore.ts";
import type { OpenSink, RunningJob } from "./running_job.ts";
import type { SplitTask } from "./split_task.ts";

/** What one attempt of a job stores: positions, state, timers and event time, as one. */
export class Commits {
  /** When the last one happened, ms of the monotonic clock. */
  lastMs = 0;
  /** Whether one had output in it. */
  hadOutput = false;
  /** How many the store has taken. */
  stored = 0;
  readonly #job: RunningJob;
  readonly #attempt: Attempt;
  /** Entries of splits and sinks. */
  readonly #committed = new Map<string, string>();
  /** The same parts of sinks' lists need not be made text of again. */
  readonly #committedParts = new Map<string, Json>();
  #committedJob = "";
  /** Entries for the next commit to delete. */
  #nonRestored: readonly string[];
  #bounds: JobRecord["bounds"];
  readonly #ahead: ReadonlyMap<string, number>;
  #finishedAtMs: number | null = null;

  /** @param restored the commit that the job was opened with */
  constructor(job: RunningJob, { snapshot, nonRestored }: RestoredCommit) {
    this.#job = job;
    this.#attempt = job.attempt;
    this.#nonRestored = nonRestored;
    for (const { uid } of job.sinks) {
      const restored = snapshot.sink(uid);
      if (restored !== undefined) this.#committed.set(sinkEntry(uid), sinkText(restored));
      for (const [i, part] of snapshot.sinkParts(uid).entries()) this.#committed.set(sinkEntry(uid, i), sinkText(part));
    }
    const { bounded } = job.attempt.options;
    this.#bounds = bounded ? boundsOf(job) : null;
    this.#ahead = snapshot.ahead(bounded);
  }

  /** Whether there is anything to commit. */
  get isDue(): boolean {
    const { changes, session } = this.#attempt;
    if (!changes.isEmpty || (session?.pendingRecords ?? 0) > 0) return true;
    return this.#job.sources.some(({ node, splits }) =>
      splits.some((task) => this.#committed.get(splitEntry(node.uid, task.split.id)) !== textOf(task))
    );
  }

  /** The commit at the end of all sources: event time is stored as if it had stayed where it really is. */
  async finish(): Promise<void> {
    const { options: { bounded }, clock } = this.#attempt;
    this.#bounds = null;
    if (bounded) this.#finishedAtMs = clock.now();
    await this.commit();
  }

  /** @throws {Error} if the books do not balance */
  async commit(): Promise<void> {
    const { step, session, clock, activity, changes: stateChanges } = this.#attempt;
    const beganMs = clock.monotonicMs();
    const { sources, tasks, sinks } = this.#job;
    step("commit: before the sinks", () => {
      checkBooks(sources, tasks);
      for (const { state } of tasks) state.dropExpired();
    });
    await step("commit: the sinks are flushed", () => flushSinks(sinks, activity));
    const changes = await step("commit: the sinks are prepared", () => this.#prepareSinks());
    for (const entry of this.#nonRestored) changes.push([entry, null]);
    this.#nonRestored = [];
    const positions = this.#takePositions(changes);
    const job = this.#jobText();
    if (job !== this.#committedJob) changes.push([JOB_ENTRY, job]);
    this.#committedJob = job;
    const pending = session?.pendingRecords ?? 0;
    if (changes.length > 0 || pending > 0 || !stateChanges.isEmpty) {
      step("commit: before the store");
      const size = await step("commit: the store has it", () => this.#store(changes, positions));
      const durationMs = Math.round(clock.monotonicMs() - beganMs);
      this.#attempt.status?.committed({ atMs: clock.now(), durationMs, records: pending, ...size });
      await step("commit: the sinks know", () => this.#confirm());
    }
    this.hadOutput ||= pending > 0;
    this.lastMs = clock.monotonicMs();
  }

  /** @returns how many entries have changed, and their characters */
  async #store(changes: readonly StateChange[], positions: readonly Position[]): Promise<EntrySizes> {
    const { session, activity, changes: stateChanges, options: { store } } = this.#attempt;
    const sizes = { entries: 0, bytes: 0 };
    if (session === undefined) stateChanges.forget();
    else {
      const all = measured(concat(stateChanges.drain(), changes), sizes);
      await activity.wait(
        () => `${nameOf(store)} to commit`,
        () => abortedBy(session.lost, session.commit({ changes: all, positions })),
      );
    }
    this.stored++;
    return sizes;
  }

  async #confirm(): Promise<void> {
    for (const { name, writer } of this.#job.sinks) {
      await this.#attempt.activity.wait(() => `sink "${name}" to take note of the commit`, () => writer.committed?.());
    }
  }

  #jobText(): string {
    const record = { bounds: this.#bounds, finishedAtMs: this.#finishedAtMs, ahead: this.#ahead };
    return jobText(jobRecord(this.#job, record));
  }

  /** @returns what sinks that keep their output themselves have to remember */
  async #prepareSinks(): Promise<StateChange[]> {
    const changes: StateChange[] = [];
    for (const { uid, name, writer } of this.#job.sinks) {
      const value = await this.#attempt.activity.wait(
        () => `sink "${name}" to prepare the commit`,
        () => writer.prepareCommit?.(),
      );
      this.#change(changes, sinkEntry(uid), value);
      const parts = writer.prepareParts?.() ?? [];
      for (const [i, part] of parts.entries()) {
        const entry = sinkEntry(uid, i);
        if (this.#committedParts.get(entry) === part) continue;
        this.#change(changes, entry, part);
        this.#committedParts.set(entry, part);
      }
      for (let i = parts.length; this.#committed.has(sinkEntry(uid, i)); i++) {
        this.#change(changes, sinkEntry(uid, i), undefined);
        this.#committedParts.delete(sinkEntry(uid, i));
      }
    }
    return changes;
  }

  /** Adds what a sink has to remember to `changes`, unless it is committed already. */
  #change(changes: StateChange[], entry: string, value: Json | undefined): void {
    const text = value === undefined ? undefined : sinkText(value);
    if (this.#committed.get(entry) === text) return;
    changes.push([entry, text ?? null]);
    if (text === undefined) this.#committed.delete(entry);
    else this.#committed.set(entry, text);
  }

  /** Adds to `changes` how far the splits have come. @returns the same of topics, for tools */
  #takePositions(changes: StateChange[]): Position[] {
    const positions: Position[] = [];
    for (const { node, splits } of this.#job.sources) {
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
}

function boundsOf({ sources }: RunningJob): JobRecord["bounds"] {
  return Object.fromEntries(
    sources.map(({ node, splits }) => [
      node.uid,
      Object.fromEntries(splits.flatMap(({ split }) => split.bound === undefined ? [] : [[split.id, split.bound]])),
    ]),
  );
}

/** @throws {OperatorError} with the sink's name if what it writes out fails, and no record is to blame any more */
export async function flushSinks(sinks: readonly OpenSink[], activity: Activity): Promise<void> {
  for (const { name, writer } of sinks) {
    try {
      await activity.wait(() => `sink "${name}" to write`, () => writer.flush?.());
    } catch (error) {
      const isNamed = error instanceof OperatorError;
      throw isNamed || isExpected(error) || isRetriable(error) ? error : new OperatorError(name, error);
    }
  }
}

/** How much a commit has stored. */
interface EntrySizes {
  entries: number;
  /** Characters of names and texts. */
  bytes: number;
}

/** Counts entries on their way into the store. */
function* measured(changes: Iterable<StateChange>, sizes: EntrySizes): Generator<StateChange> {
  for (const change of changes) {
    sizes.entries++;
    sizes.bytes += change[0].length + (change[1]?.length ?? 0);
    yield change;
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
