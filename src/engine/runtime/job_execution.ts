import { isRetriable } from "../error_codes.ts";
import { stepsOf } from "../fault_points.ts";
import type { StreamGraph } from "../graph.ts";
import { type JobSession, nameOf } from "../job_store.ts";
import { type Books, booksOf } from "../reporting/books.ts";
import { formatBooks, tableOfBooks } from "../reporting/books_table.ts";
import { emptyView } from "../reporting/job_view.ts";
import { describeStart, warnOfMiddle } from "../reporting/describe_start.ts";
import { StatusReporter } from "../reporting/status_reporter.ts";
import { Watchdog } from "../reporting/watchdog.ts";
import { Attempt } from "./attempt.ts";
import { LiveFollow } from "./live_follow.ts";
import type { JobRunOptions } from "./run_options.ts";
import { hasProcessed, type JobExecutionResult } from "./job_result.ts";
import { JobRun, type JobRunEnd } from "./job_run.ts";
import { openRunningJob } from "./open_running_job.ts";
import { restoreCommit } from "./restore.ts";
import type { RunningJob } from "./running_job.ts";
import { Retries } from "./retries.ts";
import type { Snapshot } from "./snapshot.ts";
import { closeSession, openSession } from "./store_session.ts";

/** How a job is run, and who looks on. */
export interface ExecuteOptions extends JobRunOptions {
  /** Called for each attempt when the job is open, before its first commit: for tools that look into a job at work. */
  readonly onOpened?: (job: RunningJob) => void;
}

/**
 * Runs a job to its end: waits to be the one active instance, and begins again from the last commit when the store says
 * that this can help (a broker that was away, another instance that took over).
 */
export async function executeJob(graph: StreamGraph, options: ExecuteOptions): Promise<JobExecutionResult> {
  const status = new StatusReporter(graph, options);
  const follow = new LiveFollow(options, status.instance);
  status.onCommit(() => follow.committed());
  // Loaded only when it is asked for: most jobs do without the libraries of Prometheus.
  await using _monitor = options.http === undefined
    ? undefined
    : (await import("../monitoring/monitor.ts")).openMonitor(status, { ...options, http: options.http });
  if ((globalThis as Record<symbol, unknown>)[OPEN_TELEMETRY] !== undefined) {
    const telemetry = new (await import("../monitoring/telemetry.ts")).Telemetry(
      options.jobName,
      () => status.status(),
    );
    status.onCommit((commit) => telemetry.committed(commit));
  }
  try {
    const result = await runAttempts(graph, options, { status, follow });
    await follow.ends();
    await status.ends(result.end === "stopped" ? "stopped" : "finished");
    return result;
  } catch (error) {
    await follow.ends();
    await status.ends("failed", error);
    throw error;
  }
}

async function runAttempts(
  graph: StreamGraph,
  options: ExecuteOptions,
  { status, follow }: { readonly status: StatusReporter; readonly follow: LiveFollow },
): Promise<JobExecutionResult> {
  const { clock, logger, jobName, signal, store } = options;
  const step = stepsOf(options.faultPoint);
  const retries = new Retries(options);
  let processedEarlier = false;
  /** When the store was lost, ms of the monotonic clock. */
  let lostAtMs: number | undefined;
  let { reset } = options;
  for (let number = 1;; number++) {
    let nextAttemptMs: number;
    let session: JobSession | undefined;
    let attempt: Attempt | undefined;
    let run: JobRun | undefined;
    let startedMs = clock.monotonicMs();
    const books = (): Books => booksOf(run?.job.view ?? emptyView(jobName));
    try {
      let standbySinceMs: number | undefined;
      const onStandby = (holder: string) => {
        standbySinceMs ??= clock.now();
        status.standsBy(holder);
        logger.info(`${jobName}: stands by: ${holder} is active, this instance takes over when it ends`);
      };
      step("start: before the job is opened");
      session = await step("start: the job is opened", () => openSession(graph, { ...options, reset }, onStandby));
      if (standbySinceMs !== undefined) logger.info(`${jobName}: takes over`);
      else if (lostAtMs !== undefined) {
        const seconds = ((clock.monotonicMs() - lostAtMs) / 1000).toFixed(1);
        logger.info(`${jobName}: ${nameOf(store)} is back after ${seconds} s`);
      }
      lostAtMs = undefined;
      if (reset) await session?.reset();
      reset = false;
      startedMs = clock.monotonicMs();
      attempt = new Attempt(graph, { ...options, session, number, status });
      status.starts();
      using watchdog = new Watchdog(emptyView(jobName), { ...options, activity: attempt.activity, session });
      run = await openRun(graph, attempt, standbySinceMs);
      if (run !== undefined) {
        watchdog.watch(run.job.view);
        const { activity, deadLetters } = attempt;
        status.runs({ view: run.job.view, activity, deadLetters: deadLetters.keptIn, stuck: () => watchdog.stuck() });
        follow.runs(attempt.tracing);
        options.onOpened?.(run.job);
      }
      const end = run === undefined ? "finished elsewhere" : await runToEnd(run);
      logger.info(`${jobName}: ${describeEnd(end)}: ${formatBooks(books())}`);
      if (books().recordsIn > 0) { for (const line of tableOfBooks(books())) logger.info(`  ${line}`); }
      const { keptIn } = attempt.deadLetters;
      return { jobName, end, books: books(), deadLetters: keptIn, ...processedEarlier && { processedEarlier } };
    } catch (error) {
      const reason = session?.lost.aborted ? session.lost.reason : error;
      if (signal.aborted && (attempt === undefined || reason === signal.reason)) {
        return { jobName, end: "stopped", books: books() };
      }
      // It was to stop after a commit, and that has failed.
      if (signal.aborted) throw reason;
      const madeProgress = run?.madeProgress ?? false;
      processedEarlier ||= madeProgress && hasProcessed(books());
      const pauseMs = retries.pauseMs({ reason, madeProgress, startedMs });
      if (pauseMs === undefined) throw reason;
      nextAttemptMs = pauseMs;
      status.restarts(reason);
      if (isRetriable(reason)) lostAtMs ??= clock.monotonicMs();
      const message = reason instanceof Error ? reason.message : String(reason);
      logger.warn(`${jobName}: ${message}; goes back to its last commit and tries again in ${pauseMs / 1000} s`);
    } finally {
      await closeSession(session, options, step);
    }
    await clock.sleep(nextAttemptMs, signal);
  }
}

/**
 * Restores the last commit and opens the job with it.
 * @param standbySinceMs when this instance began to wait for another one, if it did
 * @returns undefined if the other one has brought the bounded run to its end meanwhile
 */
async function openRun(
  graph: StreamGraph,
  attempt: Attempt,
  standbySinceMs: number | undefined,
): Promise<JobRun | undefined> {
  const { options: { jobName, bounded } } = attempt;
  const restored = await restoreCommit(graph, attempt);
  const { snapshot } = restored;
  const finishedAtMs = snapshot.job?.finishedAtMs ?? null;
  if (bounded && standbySinceMs !== undefined && finishedAtMs !== null && finishedAtMs >= standbySinceMs) {
    return undefined;
  }
  snapshot.checkFits(jobName, graph);
  logStart(graph, attempt, snapshot);
  const job = await openRunningJob(graph, snapshot, attempt);
  return new JobRun(job, restored);
}

/** Works until the end of the job, and closes it however it ends. */
async function runToEnd(run: JobRun): Promise<JobRunEnd> {
  const { job, job: { attempt } } = run;
  try {
    attempt.step("restore: sources, sinks and state are open");
    return await run.run();
  } finally {
    attempt.end();
    await job.close();
  }
}

function logStart(
  graph: StreamGraph,
  { session, options: { logger, jobName, from } }: Attempt,
  { job }: Snapshot,
): void {
  const start = job === undefined
    ? `starts ${describeStart(graph, from)}`
    : "goes on from its last commit (--from is for a first start)";
  if (session !== undefined) logger.info(`${jobName}: ${start}`);
  const warning = job === undefined ? warnOfMiddle(graph, from) : undefined;
  if (warning !== undefined) logger.warn(`${jobName}: ${warning}`);
}

function describeEnd(end: JobRunEnd): string {
  switch (end) {
    case "finished":
      return "finished";
    case "finished elsewhere":
      return "ends, as the active instance has finished";
    case "stopped":
      return "stopped after a commit";
  }
}

/** Under this name Deno's exporter is known to OpenTelemetry's API, if OTEL_DENO=true has switched it on. */
const OPEN_TELEMETRY = Symbol.for("opentelemetry.js.api.1");
