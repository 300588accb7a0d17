import type { Step } from "../fault_points.ts";
import { type StreamGraph, topicsOf } from "../graph.ts";
import { type JobSession, nameOf } from "../job_store.ts";
import { Activity } from "../reporting/activity.ts";
import { emptyView } from "../reporting/job_view.ts";
import { Watchdog } from "../reporting/watchdog.ts";
import type { JobRunOptions } from "./run_options.ts";

/** Opens the job at its store. Watched until the store has answered: to stand by after that is no trouble. */
export async function openSession(
  graph: StreamGraph,
  options: JobRunOptions,
  onStandby: (holder: string) => void,
): Promise<JobSession | undefined> {
  const { store, jobName, signal, faultPoint, sessionTimeoutMs } = options;
  return await watched(options, "to open the job", (unwatch) =>
    store?.openJob({
      job: jobName,
      topics: topicsOf(graph),
      exactlyOnce: options.delivery === "exactly-once",
      sessionTimeoutMs,
      whenActive: options.reset ? "refuse" : "stand by",
      onStandby: (holder) => {
        unwatch();
        onStandby(holder);
      },
      signal,
      faultPoint,
    }));
}

/** What has happened stands, also if the store does not hear of it: others find out when the session times out. */
export async function closeSession(
  session: JobSession | undefined,
  options: JobRunOptions,
  step: Step,
): Promise<void> {
  try {
    step("end: before the job is given back");
    await step("end: the job is given back", () => watched(options, "to take the job back", () => session?.close()));
  } catch (error) {
    const { jobName, logger } = options;
    logger.warn(
      `${jobName}: could not give the job back to its store: ${error instanceof Error ? error.message : error}`,
    );
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
