import type { JobSession } from "../job_store.ts";
import type { Activity } from "./activity.ts";
import type { JobRunOptions } from "../runtime/options.ts";
import type { SourceTask } from "../runtime/source_task.ts";
import type { SplitTask } from "../runtime/split_task.ts";
import { count, pendingRecords } from "./why_nothing_comes_out.ts";
import type { Wired } from "../runtime/wiring.ts";

/** Between two looks, ms. */
const LOOK_MS = 1_000;
/** So long work may stand still before a person is told, and again before the next time, ms. */
const PATIENCE_MS = 60_000;
/** More than that without letting others have their turn is told, ms. It is half of the default session timeout. */
const BLOCKED_MS = 5_000;
/** Whoever asked for a stop hears after so long why there is none, ms: a program's patience is 10 s. */
const STOP_PATIENCE_MS = 5_000;
/** More splits than that are counted, not named. */
const SHOWN_SPLITS = 3;

type WatchdogOptions = Pick<JobRunOptions, "jobName" | "clock" | "logger" | "sessionTimeoutMs" | "signal">;

/**
 * Tells a person that an attempt of a job has work to do and gets nowhere, and who holds it; and when it goes on.
 *
 * It looks beside the job's loop, which may itself hang: in a store, a source or a sink that never answers. A job that has
 * nothing to do is left in peace, however long that lasts.
 */
export class Watchdog implements Disposable {
  readonly #options: WatchdogOptions;
  readonly #activity: Activity;
  readonly #parts: Wired;
  readonly #session: JobSession | undefined;
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
  #tellAtMs = PATIENCE_MS;
  #toldStopping = false;

  /**
   * It begins at once.
   * @param parts those of the attempt; they may come later than this
   */
  constructor(options: WatchdogOptions, activity: Activity, parts: Wired, session: JobSession | undefined) {
    this.#options = options;
    this.#activity = activity;
    this.#parts = parts;
    this.#session = session;
    this.#lookedMs = options.clock.monotonicMs();
    this.#timer = options.clock.every?.(LOOK_MS, () => this.#look());
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
  }

  #look(): void {
    const { sources, tasks } = this.#parts;
    const recordsIn = sources.reduce((sum, { output }) => sum + output.tally.in, 0);
    this.#tellBlocked(recordsIn - this.#recordsIn);
    this.#recordsIn = recordsIn;

    const { turns, waitsFor } = this.#activity;
    const now = this.#options.clock.monotonicMs();
    // Time in which this process did not run is nobody's fault.
    const passedMs = Math.min(now - this.#lookedMs, 2 * LOOK_MS);
    this.#lookedMs = now;
    const waits = waitsFor !== undefined && turns === this.#turns;
    this.#turns = turns;
    this.#waitedMs = waits ? this.#waitedMs + passedMs : 0;

    const pending = tasks.map(({ operator }) => operator.pendingResults?.pending ?? 0);
    // What went into an operator whose results come later is done when it is no longer at work there.
    const done = tasks.reduce(
      (sum, { operator, tally }, i) => operator.pendingResults === undefined ? sum : sum + tally.in - pending[i]!,
      recordsIn,
    );
    const undone = done === this.#done && (toRead(sources).length > 0 || pending.some((records) => records > 0));
    this.#done = done;
    this.#undoneMs = undone ? this.#undoneMs + passedMs : 0;

    this.#tellStopping(waitsFor);
    this.#tellStuck(Math.max(this.#waitedMs, this.#undoneMs), waitsFor);
  }

  #tellStopping(waitsFor: string | undefined): void {
    const { jobName, logger, signal } = this.#options;
    if (this.#toldStopping || !signal.aborted || this.#waitedMs < STOP_PATIENCE_MS) return;
    this.#toldStopping = true;
    logger.warn(
      `${jobName}: asked to stop, but waits for ${waitsFor}; what is not committed is done again at the next start`,
    );
  }

  #tellStuck(stuckMs: number, waitsFor: string | undefined): void {
    const { jobName, logger } = this.#options;
    if (stuckMs < this.#stuckMs && this.#tellAtMs > PATIENCE_MS) {
      logger.info(`${jobName}: goes on after ${seconds(this.#stuckMs)}`);
      this.#tellAtMs = PATIENCE_MS;
    }
    this.#stuckMs = stuckMs;
    if (stuckMs < this.#tellAtMs) return;
    const holder = waitsFor ?? this.#holder();
    logger.warn(`${jobName}: no progress for ${seconds(this.#tellAtMs)}${this.#work()}: waits for ${holder}`);
    this.#tellAtMs += PATIENCE_MS;
  }

  /** What there is to do, as a part of a sentence. */
  #work(): string {
    const lag = toRead(this.#parts.sources).reduce((sum, { split }) => sum + split.lag, 0);
    const uncommitted = this.#session?.pendingRecords ?? 0;
    const work = [
      ...lag > 0 ? [`${count(lag, "record")} to read`] : [],
      ...uncommitted > 0 ? [`${count(uncommitted, "record")} to commit`] : [],
    ];
    return work.length === 0 ? "" : `, with ${work.join(" and ")}`;
  }

  /** Why the loop, which goes round, takes nothing. */
  #holder(): string {
    const { sources, tasks } = this.#parts;
    const fetches = sources.flatMap((source) => {
      const ids = toRead([source]).filter(({ split }) => split.status === "pending").map(({ split }) => split.id);
      return ids.length === 0 ? [] : [`source "${source.node.name}" to fetch ${someOf(ids)}`];
    });
    const held = sources.flatMap(({ splits }) =>
      splits.flatMap(({ split }) => split.status === "held" ? split.waitsFor ?? [] : [])
    );
    const results = pendingRecords(tasks);
    return [...fetches, ...held, ...results === undefined ? [] : [results]].join(", and for ");
  }

  /** Afterwards, as nothing else works meanwhile, this watchdog included. */
  #tellBlocked(recordsIn: number): void {
    const longest = this.#activity.takeLongest();
    if (longest === undefined || longest.ms < BLOCKED_MS) return;
    const { jobName, logger, sessionTimeoutMs } = this.#options;
    const records = recordsIn > 0 ? ` (${count(recordsIn, "record")} went in)` : "";
    const danger = this.#session === undefined
      ? ""
      : `; after ${seconds(sessionTimeoutMs)} without a sign of life another instance takes over`;
    logger.warn(
      `${jobName}: the thread stood still for ${seconds(longest.ms)} while ${longest.what}${records}: ` +
        `a function blocked it, or the process was stopped${danger}`,
    );
  }
}

/** Splits with records that are known to be there. */
function toRead(sources: readonly SourceTask[]): SplitTask[] {
  return sources.flatMap(({ splits }) =>
    splits.filter(({ finished, split }) => !finished && (split.status === "ready" || split.status === "pending"))
  );
}

function someOf(ids: readonly string[]): string {
  const shown = ids.slice(0, SHOWN_SPLITS).join(", ");
  return ids.length > SHOWN_SPLITS ? `${shown} and ${ids.length - SHOWN_SPLITS} more` : shown;
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1_000).toLocaleString("en-US")} s`;
}
