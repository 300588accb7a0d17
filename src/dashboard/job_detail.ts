import type { SeenJob } from "../connectors/seen_jobs.ts";
import type { JobStatus } from "../engine/mod.ts";
import type { HistoryPoint } from "./history.ts";
import { type JobRow, jobRow } from "./job_row.ts";
import { type WhyNoResult, whyNoResult } from "./why_no_result.ts";

/** All that is known of a job. */
export interface JobDetail extends JobRow {
  /** The newest report of the instance at work, or of the one that was heard of last. */
  readonly status: JobStatus;
  /** Where instances run that stand by. */
  readonly standingBy: readonly string[];
  /** Why nothing comes out of it. */
  readonly why: WhyNoResult;
  /** Points of its charts, oldest first. */
  readonly history: readonly HistoryPoint[];
}

/**
 * All that is known of a job.
 * @param history the points that the reader does not have yet
 * @param trouble why that is from before: the broker does not answer
 */
export function jobDetail(seen: SeenJob, history: readonly HistoryPoint[], trouble?: string): JobDetail {
  return {
    ...jobRow(seen),
    why: whyNoResult(seen, trouble),
    status: seen.instance.status,
    standingBy: seen.standby.map(({ status }) => status.process ?? status.instance),
    history,
  };
}
