import type { Broker } from "../connectors/broker.ts";
import type { Logger } from "../engine/mod.ts";
import type { JobFile } from "../inspect/follow/job_process.ts";
import type { JobsFeed } from "./jobs_feed.ts";

/** What every part of the dashboard's API works with. */
export interface DashboardContext {
  /** The broker whose topics and jobs are shown. */
  readonly broker: Broker;
  /** What the jobs report, and did in the last hour. */
  readonly feed: JobsFeed;
  /** `Host` headers that are answered: "localhost:8081". */
  readonly hosts: ReadonlySet<string>;
  /** Files of the jobs that a record of a topic is followed through when they run again. */
  readonly jobFiles: (topic: string) => readonly JobFile[];
  /** Logs what went wrong. */
  readonly logger: Logger;
  /** Aborted when the dashboard ends: answers that are still being sent end with it. */
  readonly signal: AbortSignal;
}
