import { isRetriable, maxAttemptsOf, mayRestart } from "../errors.ts";
import type { SourceNode, StreamGraph } from "../graph.ts";
import { type JobSession, nameOf } from "../job_store.ts";
import { Activity } from "../reporting/activity.ts";
import { booksOf } from "../reporting/books.ts";
import { formatBooks, tableOfBooks } from "../reporting/books_table.ts";
import { JobRun, type JobRunEnd } from "./job_run.ts";
import type { JobRunOptions } from "./job_options.ts";
import { startRestarts } from "./restart_strategy.ts";
import { hasProcessed, type JobExecutionResult } from "./job_result.ts";
import { emptyView } from "../reporting/job_view.ts";
import { Watchdog } from "../reporting/watchdog.ts";

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 10_000;

/**
 * Runs a job to its end: waits to be the one active instance, and begins again from the last commit when the store says
 * that this can help (a broker that was away, another instance that took over).
 */
export async function executeJob(graph: StreamGraph, options: JobRunOptions): Promise<JobExecutionResult> {
  const { clock, logger, jobName, signal } = options;
  const restarts = startRestarts(options.restartStrategy);
  let retryMs = FIRST_RETRY_MS;
  /** Attempts in a row that have brought nothing. */
  let fruitless = 0;
  let processedEarlier = false;
  /** When the store was lost, ms of the monotonic clock. */
  let lostAtMs: number | undefined;
  let { reset } = options;
  for (let attempt = 1;; attempt++) {
    let nextAttemptMs: number;
    let session: JobSession | undefined;
    let run: JobRun | undefined;
    let startedMs = clock.monotonicMs();
    try {
      let standbySinceMs: number | undefined;
      options.faultPoint?.("start: before the job is opened");
      session = await openSession(graph, { ...options, reset }, (holder) => {
        standbySinceMs ??= clock.now();
        logger.info(`${jobName}: stands by: ${holder} is active, this instance takes over when it ends`);
      });
      options.faultPoint?.("start: the job is opened");
      if (standbySinceMs !== undefined) logger.info(`${jobName}: takes over`);
      else if (lostAtMs !== undefined) {
        const seconds = ((clock.monotonicMs() - lostAtMs) / 1000).toFixed(1);
        logger.info(`${jobName}: ${nameOf(options.store)} is back after ${seconds} s`);
      }
      lostAtMs = undefined;
      if (reset) await session?.reset();
      reset = false;
      startedMs = clock.monotonicMs();
      run = new JobRun(graph, options, session, attempt);
      const end = await run.run(standbySinceMs);
      const books = run.books();
      logger.info(`${jobName}: ${describeEnd(end)}: ${formatBooks(books)}`);
      if (books.recordsIn > 0) { for (const line of tableOfBooks(books)) logger.info(`  ${line}`); }
      return { jobName, end, books, deadLetters: run.deadLetters, ...processedEarlier && { processedEarlier } };
    } catch (error) {
      const reason = session?.lost.aborted ? session.lost.reason : error;
      if (signal.aborted && (run === undefined || reason === signal.reason)) {
        return { jobName, end: "stopped", books: run?.books() ?? booksOf(emptyView(jobName)) };
      }
      // A stop whose commit failed is none.
      if (signal.aborted) throw reason;
      let pauseMs: number | undefined;
      fruitless = run?.madeProgress ? 1 : fruitless + 1;
      processedEarlier ||= run !== undefined && run.madeProgress && hasProcessed(run.books());
      if (isRetriable(reason) && fruitless < maxAttemptsOf(reason)) {
        // Work went on for a while: this is a new trouble, not the old one.
        if (clock.monotonicMs() - startedMs > LAST_RETRY_MS) retryMs = FIRST_RETRY_MS;
        pauseMs = retryMs;
        retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
      } else if (options.store !== undefined && mayRestart(reason)) {
        // Without a store it would begin from the start, and give all output once more.
        pauseMs = restarts.nextDelayMs(clock.monotonicMs(), startedMs);
      }
      if (pauseMs === undefined) {
        if (isRetriable(reason)) {
          logger.error(`${jobName}: gives up, as ${fruitless} attempts in a row came to nothing`);
        }
        throw reason;
      }
      nextAttemptMs = pauseMs;
      if (isRetriable(reason)) lostAtMs ??= clock.monotonicMs();
      logger.warn(
        `${jobName}: ${messageOf(reason)}; goes back to its last commit and tries again in ${pauseMs / 1000} s`,
      );
    } finally {
      await closeQuietly(session, options);
    }
    await clock.sleep(nextAttemptMs, signal);
  }
}

/** Watched until the store has answered: to stand by after that is no trouble. */
async function openSession(
  graph: StreamGraph,
  options: JobRunOptions,
  onStandby: (holder: string) => void,
): Promise<JobSession | undefined> {
  const { store, jobName, signal, faultPoint } = options;
  return await watched(options, "to open the job", (unwatch) =>
    store?.openJob({
      job: jobName,
      topics: topicsOf(graph),
      exactlyOnce: options.delivery === "exactly-once",
      sessionTimeoutMs: options.sessionTimeoutMs,
      whenActive: options.reset ? "refuse" : "stand by",
      onStandby: (holder) => {
        unwatch();
        onStandby(holder);
      },
      signal,
      faultPoint,
    }));
}

/** What has happened stands, also if the store cannot be told: others find out when the session times out. */
async function closeQuietly(session: JobSession | undefined, options: JobRunOptions): Promise<void> {
  const { jobName, logger, faultPoint } = options;
  try {
    faultPoint?.("end: before the job is given back");
    await watched(options, "to take the job back", () => session?.close());
    faultPoint?.("end: the job is given back");
  } catch (error) {
    logger.warn(`${jobName}: could not tell the store that it ends: ${messageOf(error)}`);
  }
}

/** Waits for the store before and after an attempt. @param begin gets what ends the watch, for when waiting is no trouble */
async function watched<T>(
  options: JobRunOptions,
  what: string,
  begin: (unwatch: () => void) => T,
): Promise<Awaited<T>> {
  const activity = new Activity(options.clock);
  using watchdog = new Watchdog(emptyView(options.jobName), { ...options, activity, session: undefined });
  return await activity.wait(`${nameOf(options.store)} ${what}`, () => begin(() => watchdog[Symbol.dispose]()));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function topicsOf(graph: StreamGraph): string[] {
  const sources = graph.nodes.filter((node): node is SourceNode => node.kind === "source");
  return [...new Set(sources.flatMap(({ source }) => source.topics ?? []))];
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
