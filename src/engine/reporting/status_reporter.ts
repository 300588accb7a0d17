import type { Clock } from "../clock.ts";
import type { StreamGraph } from "../graph.ts";
import { type JobStore, nameOf } from "../job_store.ts";
import { NO_TIMESTAMP } from "../record.ts";
import type { Logger } from "../logger.ts";
import { count, formatCount } from "../words.ts";
import type { Activity } from "./activity.ts";
import { attemptStatus } from "./attempt_status.ts";
import { CommitLog } from "./commit_log.ts";
import { errorStatus } from "./error_status.ts";
import type { AttemptStatus, CommitStatus, ErrorStatus, InstanceState, JobStatus, StuckStatus } from "../job_status.ts";
import { STATUS_FORMAT } from "../job_status.ts";
import { type JobView, recordsRead } from "./job_view.ts";
import { Rates } from "./rates.ts";

/** After a report that failed, the next one is tried so much later, ms. */
const RETRY_MS = 30_000;
/** So many errors that ended attempts are reported: a report is written every second. */
const KEPT_ERRORS = 5;
/** The last report must not hold up the end of a program for longer, ms. */
const LAST_REPORT_MS = 1_000;

/** What a reporter must know of a job. */
export interface StatusReporterOptions {
  readonly jobName: string;
  readonly store: JobStore | undefined;
  /** Between two reports, ms; 0 or Infinity: none are written. */
  readonly statusIntervalMs: number;
  readonly sessionTimeoutMs: number;
  readonly commitIntervalMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** An attempt at work, for reports on it. */
export interface ReportedAttempt {
  readonly view: JobView;
  readonly activity: Activity;
  /** Where dead letters are kept; undefined if they are dropped. */
  readonly deadLetters: string | undefined;
  /** Work that does not go on; undefined if it does. */
  stuck(): StuckStatus | undefined;
}

/**
 * Writes what an instance of a job does into the job's store: once a second, and whenever its state changes. A store that cannot
 * take it harms nothing: that is logged once, and the job goes on.
 */
export class StatusReporter {
  /** Unique among all instances, ever. */
  readonly instance: string;
  readonly #graph: StreamGraph;
  readonly #options: StatusReporterOptions;
  readonly #startedAtMs: number;
  readonly #timer: Disposable | undefined;
  #state: InstanceState = "starting";
  #sinceMs: number;
  #holder: string | undefined;
  #restarts = 0;
  #errors: readonly ErrorStatus[] = [];
  #attempt: ReportedAttempt | undefined;
  #attemptSinceMs = 0;
  #attemptStatus: AttemptStatus | undefined;
  #rates = new Rates();
  #commits = new CommitLog();
  #readAtCommit = 0;
  /** Records that sinks had got by the last commit. */
  #writtenAtCommit = 0;
  readonly #onCommit: ((commit: CommitStatus) => void)[] = [];
  /** The report on its way. */
  #sending: Promise<void> | undefined;
  #isAnnounced = false;
  #hasFailed = false;
  #notBeforeMs = Number.NEGATIVE_INFINITY;

  /** @param instance unique among all instances, ever */
  constructor(graph: StreamGraph, options: StatusReporterOptions, instance: string = crypto.randomUUID()) {
    this.#graph = graph;
    this.#options = options;
    this.instance = instance;
    const { clock, statusIntervalMs } = options;
    this.#startedAtMs = this.#sinceMs = clock.now();
    this.#timer = this.isOn ? clock.every?.(statusIntervalMs, () => this.#report()) : undefined;
  }

  /** Another instance is active. @param holder its description: "process 4711" */
  standsBy(holder: string): void {
    this.#holder = holder;
    this.#enter("standby");
  }

  /** This instance is the active one, and restores the last commit. */
  starts(): void {
    this.#holder = undefined;
    this.#enter("starting");
  }

  /** An attempt is at work. */
  runs(attempt: ReportedAttempt): void {
    this.#attempt = attempt;
    this.#attemptSinceMs = this.#options.clock.monotonicMs();
    this.#rates = new Rates();
    this.#commits = new CommitLog();
    this.#readAtCommit = this.#writtenAtCommit = 0;
    this.#enter("running");
  }

  /** The store has taken a commit. */
  committed(commit: Omit<CommitStatus, "latencyMs">): void {
    const view = this.#attempt?.view;
    if (view !== undefined) this.#readAtCommit = recordsRead(view);
    const latencyMs = view && this.#latencyMs(view, commit.atMs);
    const noted = latencyMs === undefined ? commit : { ...commit, latencyMs };
    this.#commits.note(noted);
    for (const listener of this.#onCommit) listener(noted);
    const { logger, jobName } = this.#options;
    const { records, entries, bytes, durationMs } = commit;
    logger.debug(
      `${jobName}: committed ${count(records, "record")} and ${formatCount(entries)} entries ` +
        `of ${formatCount(bytes)} characters in ${durationMs} ms`,
    );
  }

  /** Calls back at each commit. */
  onCommit(listener: (commit: CommitStatus) => void): void {
    this.#onCommit.push(listener);
  }

  /** The attempt has failed, and another one follows. */
  restarts(error: unknown): void {
    this.#restarts++;
    this.#fails(error);
    this.#enter("restarting");
  }

  /** The job is over. Resolves when its last status is written, or that has taken too long. */
  async ends(state: "finished" | "stopped" | "failed", error?: unknown): Promise<void> {
    this.#timer?.[Symbol.dispose]();
    if (state === "failed") this.#fails(error);
    this.#state = state;
    this.#sinceMs = this.#options.clock.now();
    if (!this.isOn) return;
    const last = (async () => {
      await this.#sending;
      this.#report();
      await this.#sending;
    })();
    const stop = new AbortController();
    await Promise.race([last, this.#options.clock.sleep(LAST_REPORT_MS, stop.signal)]);
    stop.abort();
  }

  /** The status at this moment. */
  status(): JobStatus {
    const { jobName, clock, statusIntervalMs, sessionTimeoutMs } = this.#options;
    if (this.#attempt !== undefined) this.#attemptStatus = this.#statusOf(this.#attempt);
    return {
      format: STATUS_FORMAT,
      job: jobName,
      instance: this.instance,
      startedAtMs: this.#startedAtMs,
      atMs: clock.now(),
      intervalMs: statusIntervalMs,
      sessionTimeoutMs,
      state: this.#state,
      sinceMs: this.#sinceMs,
      holder: this.#holder,
      restarts: this.#restarts,
      lastError: this.#errors.at(-1),
      ...this.#errors.length > 0 && { errors: this.#errors },
      attempt: this.#attemptStatus,
    };
  }

  /** Whether reports are written. */
  get isOn(): boolean {
    const { store, statusIntervalMs } = this.#options;
    return store?.reportStatus !== undefined && statusIntervalMs > 0 && statusIntervalMs < Number.POSITIVE_INFINITY;
  }

  #enter(state: InstanceState): void {
    // A job that ends at once has no need of a first report beside its last.
    const isNews = state !== this.#state && this.#isAnnounced;
    if (state !== this.#state) this.#sinceMs = this.#options.clock.now();
    this.#state = state;
    if (isNews) this.#report();
  }

  /** What the attempt did last stays in the reports until the next one runs. */
  #fails(error: unknown): void {
    this.#errors = [...this.#errors, errorStatus(error, this.#options.clock.now())].slice(-KEPT_ERRORS);
    if (this.#attempt !== undefined) this.#attemptStatus = this.#statusOf(this.#attempt);
    this.#attempt = undefined;
  }

  /** How old the newest record that came to a sink since the last commit is at this one, ms; undefined if none came. */
  #latencyMs({ tasks }: JobView, nowMs: number): number | undefined {
    const sinks = tasks.filter(({ node }) => node.kind === "sink");
    const written = sinks.reduce((sum, { counts }) => sum + counts.in, 0);
    const came = written > this.#writtenAtCommit;
    this.#writtenAtCommit = written;
    if (!came) return undefined;
    const newestMs = Math.max(...sinks.map(({ newestTimestampMs }) => newestTimestampMs));
    return newestMs === NO_TIMESTAMP ? undefined : Math.max(0, nowMs - newestMs);
  }

  #statusOf({ view, activity, deadLetters, stuck }: ReportedAttempt): AttemptStatus {
    const { clock, commitIntervalMs } = this.#options;
    const monotonicMs = clock.monotonicMs();
    return attemptStatus(view, this.#graph, {
      rates: this.#rates,
      monotonicMs,
      time: { passedMs: monotonicMs - this.#attemptSinceMs, ...activity.times() },
      commits: {
        intervalMs: commitIntervalMs,
        count: this.#commits.count,
        uncommitted: recordsRead(view) - this.#readAtCommit,
        newest: this.#commits.newest,
      },
      deadLetters,
      stuck: stuck(),
    });
  }

  /** One at a time: a slow store gets fewer reports, and no queue of them. */
  #report(): void {
    const { store, clock } = this.#options;
    if (!this.isOn || this.#sending !== undefined || clock.monotonicMs() < this.#notBeforeMs) return;
    this.#isAnnounced = true;
    this.#sending = this.#send(store!).finally(() => this.#sending = undefined);
  }

  async #send(store: JobStore): Promise<void> {
    const { clock, logger, jobName } = this.#options;
    try {
      await store.reportStatus!(this.status());
    } catch (error) {
      this.#notBeforeMs = clock.monotonicMs() + RETRY_MS;
      if (this.#hasFailed) return;
      this.#hasFailed = true;
      logger.warn(
        `${jobName}: cannot report its status to ${
          nameOf(store)
        }, so "deno task jobs" does not see it; the job itself ` +
          `goes on, and it is tried again every ${RETRY_MS / 1_000} s: ${
            error instanceof Error ? error.message : error
          }`,
      );
    }
  }
}
