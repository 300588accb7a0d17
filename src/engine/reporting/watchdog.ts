import type { Clock } from "../clock.ts";
import type { JobSession } from "../job_store.ts";
import type { Logger } from "../logger.ts";
import { count, seconds } from "../words.ts";
import type { Activity } from "./activity.ts";
import type { StuckStatus } from "../job_status.ts";
import { type JobView, recordsRead, type SourceView, type SplitView } from "./job_view.ts";
import { describePending } from "./why_nothing_comes_out.ts";

/** Between two looks, ms. */
const LOOK_MS = 1_000;
/** How long work may stand still before the first warning, and between two warnings, ms. */
const PATIENCE_MS = 60_000;
/** Work that stands still for longer counts as stuck, ms. */
const STUCK_MS = 10_000;
/** A thread that is blocked for longer is worth a warning, ms. It is half of the default session timeout. */
const BLOCKED_MS = 5_000;
/** How long a stop may take before a warning says what it waits for, ms: supervisors kill a program after some 10 s. */
const STOP_PATIENCE_MS = 5_000;
/** More splits than that are counted, not named. */
const SHOWN_SPLITS = 3;

/** What a watchdog watches beside the job itself. */
export interface WatchdogOptions {
  /** What the attempt is doing. */
  readonly activity: Activity;
  /** Undefined where nothing is stored, or before the job is open. */
  readonly session: JobSession | undefined;
  /** Aborted when somebody asks the job to stop. */
  readonly signal: AbortSignal;
  readonly sessionTimeoutMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Warns when an attempt of a job has work to do and makes no progress, names what it waits for, and logs when it goes on.
 *
 * It looks beside the job's loop, which may itself hang: in a store, a source or a sink that never answers. A job that has
 * nothing to do is left in peace, however long that lasts.
 */
export class Watchdog implements Disposable {
  #job: JobView;
  readonly #options: WatchdogOptions;
  readonly #timer: Disposable | undefined;
  #lookedMs: number;
  #recordsIn = 0;
  #turns = -1;
  #done = 0;
  /** For how long the loop has waited for the same thing. */
  #waitedMs = 0;
  /** For how long nothing was done though there was something to do. */
  #undoneMs = 0;
  #stuckMs = 0;
  #warnAtMs = PATIENCE_MS;
  #warnedOfStop = false;

  /** Begins to watch at once. */
  constructor(job: JobView, options: WatchdogOptions) {
    this.#job = job;
    this.#options = options;
    this.#lookedMs = options.clock.monotonicMs();
    this.#timer = options.clock.every?.(LOOK_MS, () => this.#look());
  }

  /** The job is open: its sources and operators are watched from now on. */
  watch(job: JobView): void {
    this.#job = job;
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
  }

  /** Work that has not gone on for a while; undefined while it goes on, or there is nothing to do. */
  stuck(): StuckStatus | undefined {
    if (this.#stuckMs < STUCK_MS) return undefined;
    return { forMs: this.#stuckMs, waitsFor: this.#options.activity.waitsFor ?? this.#holder() };
  }

  #look(): void {
    const { sources, tasks } = this.#job;
    const recordsIn = recordsRead(this.#job);
    this.#warnOfBlockedThread(recordsIn - this.#recordsIn);
    this.#recordsIn = recordsIn;

    const { turns, waitsFor } = this.#options.activity;
    const now = this.#options.clock.monotonicMs();
    // Time in which this process did not run is nobody's fault.
    const passedMs = Math.min(now - this.#lookedMs, 2 * LOOK_MS);
    this.#lookedMs = now;
    const waits = waitsFor !== undefined && turns === this.#turns;
    this.#turns = turns;
    this.#waitedMs = waits ? this.#waitedMs + passedMs : 0;

    // What went into an asynchronous operator is done when it is no longer at work there.
    const done = tasks.reduce(
      (sum, { isAsync, counts, pendingRecords }) => isAsync ? sum + counts.in - pendingRecords : sum,
      recordsIn,
    );
    const toDo = toRead(sources).length > 0 || tasks.some(({ pendingRecords }) => pendingRecords > 0);
    const undone = done === this.#done && toDo;
    this.#done = done;
    this.#undoneMs = undone ? this.#undoneMs + passedMs : 0;

    this.#warnOfStop(waitsFor);
    this.#warnOfNoProgress(Math.max(this.#waitedMs, this.#undoneMs), waitsFor);
  }

  #warnOfStop(waitsFor: string | undefined): void {
    const { logger, signal } = this.#options;
    if (this.#warnedOfStop || !signal.aborted || this.#waitedMs < STOP_PATIENCE_MS) return;
    this.#warnedOfStop = true;
    logger.warn(
      `${this.#job.jobName}: asked to stop, but waits for ${waitsFor}; what is not committed is done again at the next start`,
    );
  }

  #warnOfNoProgress(stuckMs: number, waitsFor: string | undefined): void {
    const { jobName } = this.#job;
    const { logger } = this.#options;
    if (stuckMs < this.#stuckMs && this.#warnAtMs > PATIENCE_MS) {
      logger.info(`${jobName}: goes on after ${seconds(this.#stuckMs)}`);
      this.#warnAtMs = PATIENCE_MS;
    }
    this.#stuckMs = stuckMs;
    if (stuckMs < this.#warnAtMs) return;
    const holder = waitsFor ?? this.#holder();
    logger.warn(`${jobName}: no progress for ${seconds(this.#warnAtMs)}${this.#work()}: waits for ${holder}`);
    this.#warnAtMs += PATIENCE_MS;
  }

  /** What there is to do, as a part of a sentence. */
  #work(): string {
    const lag = toRead(this.#job.sources).reduce((sum, { split }) => sum + split.lag, 0);
    const uncommitted = this.#options.session?.pendingRecords ?? 0;
    const work = [
      ...lag > 0 ? [`${count(lag, "record")} to read`] : [],
      ...uncommitted > 0 ? [`${count(uncommitted, "record")} to commit`] : [],
    ];
    return work.length === 0 ? "" : `, with ${work.join(" and ")}`;
  }

  /** What keeps a loop that does not wait itself from taking records. */
  #holder(): string {
    const { sources, tasks } = this.#job;
    const fetches = sources.flatMap((source) => {
      const ids = toRead([source]).filter(({ split }) => split.status === "pending").map(({ split }) => split.id);
      return ids.length === 0 ? [] : [`source "${source.node.name}" to fetch ${someOf(ids)}`];
    });
    const held = sources.flatMap(({ splits }) =>
      splits.flatMap(({ split }) => split.status === "held" ? split.waitsFor ?? [] : [])
    );
    const results = describePending(tasks);
    return [...fetches, ...held, ...results === undefined ? [] : [results]].join(", and for ");
  }

  /** Warns when the thread was blocked: afterwards, as meanwhile this watchdog could not run either. */
  #warnOfBlockedThread(recordsIn: number): void {
    const { activity, logger, session, sessionTimeoutMs } = this.#options;
    const longest = activity.takeLongest();
    if (longest === undefined || longest.ms < BLOCKED_MS) return;
    const records = recordsIn > 0 ? ` (${count(recordsIn, "record")} went in)` : "";
    const danger = session === undefined
      ? ""
      : `; after ${seconds(sessionTimeoutMs)} without a sign of life another instance takes over`;
    logger.warn(
      `${this.#job.jobName}: the thread stood still for ${seconds(longest.ms)} while ${longest.what}${records}: ` +
        `a function blocked it, or the process was stopped${danger}`,
    );
  }
}

/** Splits with records that are known to be there. */
function toRead(sources: readonly SourceView[]): SplitView[] {
  return sources.flatMap(({ splits }) =>
    splits.filter(({ finished, split }) => !finished && (split.status === "ready" || split.status === "pending"))
  );
}

function someOf(ids: readonly string[]): string {
  const shown = ids.slice(0, SHOWN_SPLITS).join(", ");
  return ids.length > SHOWN_SPLITS ? `${shown} and ${ids.length - SHOWN_SPLITS} more` : shown;
}
